// Judges manifests as the API server of Kubernetes does when they are created: decoded strictly, defaulted, then put
// through its own validation, its warnings, and Pod Security admission at the level "restricted".
//
// Manifests come by standard input. For each, a line of JSON goes to standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	names "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/job"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	v1 "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// What was found at a manifest.
type verdict struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Why it would be refused.
	Errors []string `json:"errors"`
	// What kubectl would print besides.
	Warnings []string `json:"warnings"`
	// Why Pod Security admission would refuse its pods.
	Forbidden []string `json:"forbidden"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	// Unknown and duplicate fields are errors, as with kubectl's --validate=strict.
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	documents := yaml.NewYAMLReader(bufio.NewReader(in))
	lines := json.NewEncoder(out)
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := lines.Encode(judge(document, codecs.UniversalDeserializer(), evaluator)); err != nil {
			return err
		}
	}
}

func judge(document []byte, decoder runtime.Decoder, evaluator policy.Evaluator) verdict {
	found := verdict{Errors: []string{}, Warnings: []string{}, Forbidden: []string{}}
	object, kind, err := decoder.Decode(document, nil, nil)
	if err != nil {
		found.Errors = append(found.Errors, err.Error())
		return found
	}
	found.Kind = kind.Kind
	if accessor, err := meta.Accessor(object); err == nil {
		found.Name, found.Namespace = accessor.GetName(), accessor.GetNamespace()
		if found.Namespace == "" && kind.Kind != "Namespace" {
			// Where it is not said, it is the one that the client is in.
			accessor.SetNamespace(metav1.NamespaceDefault)
		}
	}
	legacyscheme.Scheme.Default(object)
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		found.Errors = append(found.Errors, err.Error())
		return found
	}
	problems, warnings := validate(internal)
	for _, problem := range problems {
		found.Errors = append(found.Errors, problem.Error())
	}
	found.Warnings = append(found.Warnings, warnings...)
	if template := templateOf(internal); template != nil {
		found.Forbidden = append(found.Forbidden, forbidden(template, evaluator)...)
	}
	return found
}

// What the strategies of pkg/registry call, without what they need an API server for.
func validate(object runtime.Object) (field.ErrorList, []string) {
	ctx, spec := context.Background(), field.NewPath("spec")
	switch typed := object.(type) {
	case *batch.Job:
		// As a template it needs no selector yet, which the server makes; everything else is the same.
		template := &batch.JobTemplateSpec{ObjectMeta: typed.ObjectMeta, Spec: typed.Spec}
		options := pod.GetValidationOptionsFromPodTemplate(&typed.Spec.Template, nil)
		problems := corevalidation.ValidateObjectMeta(
			&typed.ObjectMeta, true, names.NameIsDNSSubdomain, field.NewPath("metadata"))
		problems = append(problems, batchvalidation.ValidateJobTemplateSpec(template, nil, options)...)
		return problems, job.WarningsForJobSpec(ctx, spec, &typed.Spec, nil)
	case *batch.CronJob:
		jobSpec := &typed.Spec.JobTemplate.Spec
		options := pod.GetValidationOptionsFromPodTemplate(&jobSpec.Template, nil)
		return batchvalidation.ValidateCronJobCreate(typed, options),
			job.WarningsForJobSpec(ctx, spec.Child("jobTemplate", "spec"), jobSpec, nil)
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(typed), nil
	case *core.PersistentVolumeClaim:
		options := corevalidation.ValidationOptionsForPersistentVolumeClaim(typed, nil)
		return corevalidation.ValidatePersistentVolumeClaim(typed, options), nil
	case *core.Namespace:
		return corevalidation.ValidateNamespace(typed), nil
	}
	kind := object.GetObjectKind().GroupVersionKind().Kind
	return field.ErrorList{field.NotSupported(field.NewPath("kind"), kind,
		[]string{"Job", "CronJob", "ConfigMap", "PersistentVolumeClaim", "Namespace"})}, nil
}

func templateOf(object runtime.Object) *core.PodTemplateSpec {
	switch typed := object.(type) {
	case *batch.Job:
		return &typed.Spec.Template
	case *batch.CronJob:
		return &typed.Spec.JobTemplate.Spec.Template
	}
	return nil
}

func forbidden(template *core.PodTemplateSpec, evaluator policy.Evaluator) []string {
	var external corev1.PodTemplateSpec
	if err := v1.Convert_core_PodTemplateSpec_To_v1_PodTemplateSpec(template, &external, nil); err != nil {
		return []string{err.Error()}
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var reasons []string
	for _, result := range evaluator.EvaluatePod(restricted, &external.ObjectMeta, &external.Spec) {
		if !result.Allowed {
			reasons = append(reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return reasons
}
