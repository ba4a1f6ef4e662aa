package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/api/resource"
)

// place is where in an object a value is: as the engine writes it, and as the property that lists are left out of.
type place struct{ text, property string }

func (p place) key(name string) place {
	text := "." + name
	if strings.ContainsAny(name, `."[]`) {
		text = `["` + strings.ReplaceAll(name, `"`, `\"`) + `"]`
	} else if p.text == "" {
		text = name
	}
	return place{p.text + text, p.property + name + "."}
}

func (p place) item(n int) place { return place{fmt.Sprintf("%s[%d]", p.text, n), p.property} }

func (p place) touches(fixed string) bool {
	return strings.HasPrefix(p.property, fixed+".") || strings.HasPrefix(fixed+".", p.property)
}

type difference struct {
	place
	kind pulumirpc.PropertyDiff_Kind
}

// isEmpty tells values that the API server's typed objects leave out, so that asking for them is asking for nothing.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case object:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return value == nil || value == "" || value == false
}

// prune keeps of the live object what the program had asked for: what the server filled in besides is no difference.
// The plugin does the same (pulumi-kubernetes, provider/pkg/provider/util.go, pruneMap).
func prune(live, asked any) any {
	switch asked := asked.(type) {
	case object:
		if live, alike := live.(object); alike {
			kept := object{}
			for key, value := range live {
				if inner, wanted := asked[key]; wanted {
					kept[key] = prune(value, inner)
				}
			}
			return kept
		}
	case []any:
		if live, alike := live.([]any); alike {
			kept := make([]any, min(len(live), len(asked)))
			for n := range kept {
				kept[n] = prune(live[n], asked[n])
			}
			return kept
		}
	}
	return live
}

var quantities = regexp.MustCompile(`(^|\.)(requests|limits|sizeLimit)\.`)

// sameQuantity is for what the server writes in its shortest form: `1024Mi` comes back as `1Gi`.
func sameQuantity(at place, a, b any) bool {
	if !quantities.MatchString(at.property) {
		return false
	}
	left, leftError := resource.ParseQuantity(fmt.Sprint(a))
	right, rightError := resource.ParseQuantity(fmt.Sprint(b))
	return leftError == nil && rightError == nil && left.Cmp(right) == 0
}

// differences is everything in which the wanted value differs from the one that is there.
func differences(there, wanted any, at place) (found []difference) {
	switch {
	case wanted == nil && isEmpty(there), there == nil && isEmpty(wanted):
		return nil
	case wanted == nil:
		return []difference{{at, pulumirpc.PropertyDiff_DELETE}}
	case there == nil:
		return []difference{{at, pulumirpc.PropertyDiff_ADD}}
	}
	switch wanted := wanted.(type) {
	case object:
		if there, alike := there.(object); alike {
			all := maps.Clone(there)
			maps.Copy(all, wanted)
			for _, key := range slices.Sorted(maps.Keys(all)) {
				found = append(found, differences(there[key], wanted[key], at.key(key))...)
			}
			return found
		}
	case []any:
		if there, alike := there.([]any); alike {
			for n := range max(len(there), len(wanted)) {
				found = append(found, differences(nth(there, n), nth(wanted, n), at.item(n))...)
			}
			return found
		}
	default:
		if there == wanted || sameQuantity(at, there, wanted) {
			return nil
		}
	}
	return []difference{{at, pulumirpc.PropertyDiff_UPDATE}}
}

func nth(list []any, n int) any {
	if n < len(list) {
		return list[n]
	}
	return nil
}

// fixed is what cannot be changed in place (pulumi-kubernetes, provider/pkg/provider/diff.go), for the kinds this stack
// uses.
var fixed = map[string][]string{
	"apps/v1 Deployment":       {"spec.selector"},
	"batch/v1 Job":             {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"v1 PersistentVolumeClaim": {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	"v1 Secret":                {"type"},
	"v1 Service":               {"spec.clusterIP"},
	"rbac.authorization.k8s.io/v1 RoleBinding": {"roleRef"},
}

type mutability struct{ secrets, configMaps bool }

// fixedProperties are those of an object whose change means a new object.
func (m mutability) fixedProperties(of object, isPatch bool) []string {
	identity := []string{"metadata.name", "metadata.namespace"}
	kind := fmt.Sprintf("%v %v", of["apiVersion"], of["kind"])
	immutable := of["immutable"] == true
	switch {
	case isPatch:
		return identity
	case kind == "v1 Secret" && (!m.secrets || immutable):
		return append(identity, "type", "data", "stringData")
	case kind == "v1 ConfigMap" && (!m.configMaps || immutable):
		return append(identity, "data", "binaryData")
	}
	return append(identity, fixed[kind]...)
}
