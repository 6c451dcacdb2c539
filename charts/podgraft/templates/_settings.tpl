{{- define "podgraft.rootNamespace" -}}
{{- default .Release.Namespace .Values.settings.rootNamespace -}}
{{- end -}}

{{/* Namespaces whose pods podgraft never touches, as JSON: the system's, the root namespace, the release's, the operator's. */}}
{{- define "podgraft.excludedNamespaces" -}}
{{- $all := concat (list "kube-system" "kube-public" "kube-node-lease" .Release.Namespace (include "podgraft.rootNamespace" .)) (default list .Values.settings.excludedNamespaces) -}}
{{- toJson (uniq $all) -}}
{{- end -}}

{{/* What `serve --config` reads: the operator's settings, and the names and ports that the chart decides. */}}
{{- define "podgraft.settings" -}}
{{- $settings := dict -}}
{{- range $key, $value := .Values.settings -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $settings $key $value -}}
{{- end -}}
{{- end -}}
{{- $_ := set $settings "rootNamespace" (include "podgraft.rootNamespace" .) -}}
{{- /* The system's and the root namespace are excluded by podgraft itself; the release's may be another one. */ -}}
{{- $own := ternary list (list .Release.Namespace) (eq .Release.Namespace (include "podgraft.rootNamespace" .)) -}}
{{- $_ := set $settings "excludedNamespaces" (uniq (concat $own (default list .Values.settings.excludedNamespaces))) -}}
{{- $_ := set $settings "cluster" true -}}
{{- $_ := set $settings "namespace" .Release.Namespace -}}
{{- $_ := set $settings "serviceName" (include "podgraft.fullname" .) -}}
{{- $_ := set $settings "statusLease" (include "podgraft.lease" .) -}}
{{- $_ := set $settings "port" .Values.containerPort -}}
{{- $_ := set $settings "probePort" .Values.probePort -}}
{{- $_ := set $settings "certificates" .Values.certificates.mode -}}
{{- $_ := set $settings "validatingWebhookConfigurations" list -}}
{{- if eq .Values.certificates.mode "self-managed" -}}
{{- $_ := set $settings "certificateSecret" (include "podgraft.certificateSecret" .) -}}
{{- $_ := set $settings "mutatingWebhookConfigurations" (list (include "podgraft.webhookConfiguration" .)) -}}
{{- else -}}
{{- $_ := set $settings "mutatingWebhookConfigurations" list -}}
{{- $_ := set $settings "tlsCert" "/etc/podgraft/tls/tls.crt" -}}
{{- $_ := set $settings "tlsKey" "/etc/podgraft/tls/tls.key" -}}
{{- end -}}
{{- if .Values.clientAuth.caConfigMap -}}
{{- $_ := set $settings "clientCaFile" "/etc/podgraft/client-ca/ca.crt" -}}
{{- $_ := set $settings "clientSubjects" .Values.clientAuth.subjects -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* 75 % of the memory limit in MiB, for V8. */}}
{{- define "podgraft.maxOldSpaceMiB" -}}
{{- $limit := .Values.resources.limits.memory -}}
{{- $number := regexFind "^[0-9]+" $limit | int64 -}}
{{- $mib := ternary (mul $number 1024) $number (hasSuffix "Gi" $limit) -}}
{{- div (mul $mib 3) 4 -}}
{{- end -}}
