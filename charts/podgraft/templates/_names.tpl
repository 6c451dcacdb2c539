{{- define "podgraft.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters: suffixes such as -certificates must fit a name. */}}
{{- define "podgraft.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "podgraft.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "podgraft.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Sorts before istio- and most others: API servers call configurations in the order of their names (contract R27). */}}
{{- define "podgraft.webhookConfiguration" -}}
{{- printf "00-podgraft-%s" .Release.Name -}}
{{- end -}}

{{- define "podgraft.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "podgraft.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.create is false: say in serviceAccount.name which account to use" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The Secret that podgraft's replicas share their CA in. */}}
{{- define "podgraft.certificateSecret" -}}
{{- printf "%s-certificates" (include "podgraft.fullname" .) -}}
{{- end -}}

{{/* The Secret whose certificate others keep: cert-manager, or whoever fills it. */}}
{{- define "podgraft.tlsSecret" -}}
{{- if eq .Values.certificates.mode "files" -}}
{{- required "certificates.mode is files: name the Secret in certificates.files.secretName" .Values.certificates.files.secretName -}}
{{- else -}}
{{- printf "%s-tls" (include "podgraft.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "podgraft.lease" -}}
{{- printf "%s-status" (include "podgraft.fullname" .) -}}
{{- end -}}

{{- define "podgraft.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
