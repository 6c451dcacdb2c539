// The webhook that a Kubernetes developer would write in Go: controller-runtime decodes the Pod, the handler appends
// a sidecar and its volume, and PatchResponseFromRaw finds out what changed. `npm run bench` builds and drives it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager/signals"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type injector struct {
	decoder  admission.Decoder
	template podTemplate
}

// podTemplate is the same pod template that the other servers graft: `{metadata, spec}`.
type podTemplate struct {
	Metadata struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Containers []corev1.Container `json:"containers"`
		Volumes    []corev1.Volume    `json:"volumes"`
	} `json:"spec"`
}

func (i *injector) Handle(_ context.Context, request admission.Request) admission.Response {
	pod := &corev1.Pod{}
	if err := i.decoder.Decode(request, pod); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	for key, value := range i.template.Metadata.Labels {
		pod.Labels[key] = value
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	for key, value := range i.template.Metadata.Annotations {
		pod.Annotations[key] = value
	}
	pod.Spec.Containers = append(pod.Spec.Containers, i.template.Spec.Containers...)
	pod.Spec.Volumes = append(pod.Spec.Volumes, i.template.Spec.Volumes...)
	marshaled, err := json.Marshal(pod)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, marshaled)
}

func main() {
	port := flag.Int("port", 0, "the port to listen on")
	certificates := flag.String("certificates", "", "the directory with tls.crt and tls.key")
	template := flag.String("template", "", "the pod template to add, as JSON")
	flag.Parse()
	log.SetLogger(zap.New())

	text, err := os.ReadFile(*template)
	exitOn(err)
	scheme := runtime.NewScheme()
	exitOn(corev1.AddToScheme(scheme))
	handler := &injector{decoder: admission.NewDecoder(scheme)}
	exitOn(json.Unmarshal(text, &handler.template))

	server := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: *port, CertDir: *certificates})
	server.Register("/mutate/pods", &webhook.Admission{Handler: handler})
	exitOn(server.Start(signals.SetupSignalHandler()))
}

func exitOn(err error) {
	if err != nil {
		log.Log.Error(err, "cannot go on")
		os.Exit(1)
	}
}
