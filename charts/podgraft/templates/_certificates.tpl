{{/* A fifth of a leaf's life in seconds: so much must be left of it. A week where others keep the certificate. */}}
{{- define "podgraft.certificateWarningSeconds" -}}
{{- if eq .Values.certificates.mode "self-managed" -}}
{{- div (int64 (default 604800 .Values.settings.leafLifeSeconds)) 5 -}}
{{- else if eq .Values.certificates.mode "cert-manager" -}}
{{- div (mul (trimSuffix "h" .Values.certificates.certManager.duration | int64) 3600) 5 -}}
{{- else -}}
604800
{{- end -}}
{{- end -}}
