{{/*
CEL over a pod. Labels and annotations are absent where they are empty, and an expression that ends in an error refuses the
pod: so each is asked for by has() first (contract rule 4).
*/}}
{{- define "podgraft.isMirrorPod" -}}
has(object.metadata.annotations) && 'kubernetes.io/config.mirror' in object.metadata.annotations
{{- end -}}

{{- define "podgraft.namesTemplates" -}}
(has(object.metadata.labels) && 'podgraft.dev/template' in object.metadata.labels) || (has(object.metadata.annotations) && 'podgraft.dev/templates' in object.metadata.annotations)
{{- end -}}

{{- define "podgraft.isMarked" -}}
has(object.metadata.annotations) && 'podgraft.dev/injected' in object.metadata.annotations
{{- end -}}

{{/* True where a key of our own is the same before and after an update: (list "annotations" key). */}}
{{- define "podgraft.isUnchanged" -}}
{{- $map := index . 0 -}}
{{- $key := index . 1 -}}
{{- range $index, $side := list "object" "oldObject" -}}
{{- if $index }} == {{ end -}}
(has({{ $side }}.metadata.{{ $map }}) && '{{ $key }}' in {{ $side }}.metadata.{{ $map }} ? {{ $side }}.metadata.{{ $map }}['{{ $key }}'] : '')
{{- end -}}
{{- end -}}
