package main

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// unknown is Pulumi's wire form of a value that is not known before the update runs. (The SDK's own constant is in a
// package that brings half of the engine along.)
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

// object is a Kubernetes object, or a resource's properties, as plain data.
type object = map[string]any

// at is the value at a path, or nothing when there is none of that type.
func at[T any](from object, path ...string) T {
	value, _, _ := unstructured.NestedFieldNoCopy(from, path...)
	typed, _ := value.(T)
	return typed
}

func wire(properties object) (*structpb.Struct, error) { return structpb.NewStruct(properties) }

// secret wraps a value in Pulumi's wire form of a secret, which must never be taken off on its way to the state.
func secret(value any) any {
	if isSecret(value) {
		return value
	}
	return object{sig.Key: sig.Secret, "value": value}
}

func isSecret(value any) bool {
	wrapper, _ := value.(object)
	return wrapper[sig.Key] == sig.Secret
}

func isUnknown(value any) bool { return value == unknown }

// plain is the value with every secret's wrapper taken off.
func plain(value any) any {
	switch value := value.(type) {
	case object:
		if isSecret(value) {
			return plain(value["value"])
		}
		bare := make(object, len(value))
		for key, inner := range value {
			bare[key] = plain(inner)
		}
		return bare
	case []any:
		bare := make([]any, len(value))
		for n, item := range value {
			bare[n] = plain(item)
		}
		return bare
	}
	return value
}

func plainMap(properties *structpb.Struct) object { return plain(properties.AsMap()).(object) }

func contains(value any, test func(any) bool) bool {
	within := func(inner any) bool { return contains(inner, test) }
	switch value := value.(type) {
	case object:
		return test(value) || slices.ContainsFunc(slices.Collect(maps.Values(value)), within)
	case []any:
		return slices.ContainsFunc(value, within)
	}
	return test(value)
}

// withSecretsOf marks in outputs what was secret in inputs. All of a Kubernetes Secret's data is secret, whatever the
// program said; a list with one secret in it is secret as a whole, since the server may reorder it.
func withSecretsOf(outputs, inputs object) object {
	marked := maps.Clone(outputs)
	if plain(outputs["kind"]) == "Secret" {
		for _, key := range []string{"data", "stringData"} {
			if value, there := marked[key]; there {
				marked[key] = secret(value)
			}
		}
		return marked
	}
	for key, input := range inputs {
		output, there := marked[key]
		outputMap, _ := output.(object)
		inputMap, _ := input.(object)
		switch {
		case !there:
		case outputMap != nil && inputMap != nil && !isSecret(input):
			marked[key] = withSecretsOf(outputMap, inputMap)
		case contains(input, isSecret):
			marked[key] = secret(output)
		}
	}
	return marked
}
