{{- define "podgraft.selectorLabels" -}}
app.kubernetes.io/name: {{ include "podgraft.name" . }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: webhook
{{- end -}}

{{- define "podgraft.labels" -}}
{{- $labels := dict
  "app.kubernetes.io/name" (include "podgraft.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.commonLabels) $labels) -}}
{{- end -}}

{{/* The metadata of an object: (list context name [annotations] [labels]); a cluster-wide object says so by "cluster" as 5th. */}}
{{- define "podgraft.metadata" -}}
{{- $context := index . 0 -}}
{{- $annotations := mergeOverwrite (deepCopy $context.Values.commonAnnotations) (deepCopy (index . 2)) -}}
name: {{ index . 1 }}
{{- if not (has "cluster" .) }}
namespace: {{ $context.Release.Namespace }}
{{- end }}
labels:
  {{- include "podgraft.labels" $context | nindent 2 }}
  {{- with index . 3 }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
