package main

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

const (
	inputsKey         = "__inputs"
	fieldManagerKey   = "__fieldManager"
	initialVersionKey = "__initialApiVersion"
)

// checkpoint is the state of an object: what the server has and, beside it, what the program asked for.
func checkpoint(inputs, live object, fieldManager string) (*structpb.Struct, error) {
	bare := plain(inputs).(object)
	state := withSecretsOf(live, inputs)
	state[inputsKey] = withSecretsOf(bare, inputs)
	state[initialVersionKey] = bare["apiVersion"]
	state[fieldManagerKey] = fieldManager
	return wire(state)
}

func parseCheckpoint(state *structpb.Struct) (inputs, live object, fieldManager string) {
	live = plainMap(state)
	inputs, fieldManager = at[object](live, inputsKey), at[string](live, fieldManagerKey)
	for _, key := range []string{inputsKey, initialVersionKey, fieldManagerKey} {
		delete(live, key)
	}
	return inputs, live, fieldManager
}

// normalized is as the server keeps it: a Secret's stringData becomes data.
func normalized(o object) object {
	texts := at[object](o, "stringData")
	if o["kind"] != "Secret" || texts == nil {
		return o
	}
	data := object{}
	maps.Copy(data, at[object](o, "data"))
	for key, text := range texts {
		data[key] = base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(text)))
	}
	kept := maps.Clone(o)
	delete(kept, "stringData")
	kept["data"] = data
	return kept
}

func nameOf(o object) string { return at[string](o, "metadata", "name") }

func idOf(o object) string {
	if namespace := at[string](o, "metadata", "namespace"); namespace != "" {
		return namespace + "/" + nameOf(o)
	}
	return nameOf(o)
}

// objectFor is what a type (kubernetes:apps/v1:Deployment) and an id (namespace/name) tell of an object.
func objectFor(resourceType, id string) object {
	metadata := object{"name": id}
	if namespace, name, namespaced := strings.Cut(id, "/"); namespaced {
		metadata = object{"name": name, "namespace": namespace}
	}
	token := strings.Split(resourceType, ":")
	version := strings.TrimPrefix(token[1], "core/")
	return object{"apiVersion": version, "kind": token[2], "metadata": metadata}
}

func annotation(o object, name string) string { return at[string](o, "metadata", "annotations", name) }
