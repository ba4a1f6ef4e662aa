package main

import (
	"context"
	"maps"
	"reflect"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	add    = pulumirpc.PropertyDiff_ADD
	remove = pulumirpc.PropertyDiff_DELETE
	update = pulumirpc.PropertyDiff_UPDATE
	anew   = pulumirpc.PropertyDiff_UPDATE_REPLACE
)

type kinds = map[string]pulumirpc.PropertyDiff_Kind

// diff asks what a new wish changes about an object that was once asked for and is live now.
func diff(t *testing.T, plugin *kubernetes, asked, live, wanted object) (kinds, *pulumirpc.DiffResponse) {
	t.Helper()
	olds, err := checkpoint(asked, live, "manager")
	if err != nil {
		t.Fatal(err)
	}
	news, err := wire(wanted)
	if err != nil {
		t.Fatal(err)
	}
	response, err := plugin.Diff(context.Background(), &pulumirpc.DiffRequest{Olds: olds, News: news})
	if err != nil {
		t.Fatal(err)
	}
	found := kinds{}
	for path, change := range response.GetDetailedDiff() {
		found[path] = change.GetKind()
	}
	return found, response
}

func named(kind string, more object) object {
	o := object{"apiVersion": "v1", "kind": kind, "metadata": object{"name": "it"}}
	maps.Copy(o, more)
	return o
}

func TestWhatCountsAsAChange(t *testing.T) {
	memory := func(amount any) object { return object{"resources": object{"limits": object{"memory": amount}}} }
	containers := func(fields object) object { return object{"containers": []any{fields}} }
	for promise, test := range map[string]struct {
		asked, live, wanted object
		changes             kinds
	}{
		"fields that the server filled in do not": {
			asked:  containers(object{"name": "a"}),
			live:   object{"containers": []any{object{"name": "a", "pull": "Always"}, object{}}, "status": object{}},
			wanted: containers(object{"name": "a"}),
		},
		"what the server leaves out since it is empty does not": {
			asked:  object{"list": []any{}, "text": "", "map": object{}, "flag": false},
			wanted: object{"list": []any{}, "text": "", "map": object{}, "flag": false},
		},
		"a quantity in another spelling does not": {
			asked: memory("1024Mi"), live: memory("1Gi"), wanted: memory("1024Mi"),
		},
		"another quantity does": {
			asked: memory("1Gi"), live: memory("1Gi"), wanted: memory("1G"),
			changes: kinds{"resources.limits.memory": update},
		},
		"another spelling of what is no quantity does": {
			asked: object{"size": "1Gi"}, live: object{"size": "1Gi"}, wanted: object{"size": "1024Mi"},
			changes: kinds{"size": update},
		},
		"a field added, changed or taken away does": {
			asked:   object{"a": 1, "b": []any{1, 2}, "labels": object{"kept": "x", "gone": "y"}},
			live:    object{"a": 1, "b": []any{1, 2}, "labels": object{"kept": "x", "gone": "y", "theirs": "z"}},
			wanted:  object{"a": 2, "b": []any{1, 3, 4}, "labels": object{"kept": "x"}, "c.d": "x"},
			changes: kinds{"a": update, "b[1]": update, "b[2]": add, "labels.gone": remove, `["c.d"]`: add},
		},
	} {
		t.Run(promise, func(t *testing.T) {
			asked, live, wanted := named("It", test.asked), named("It", test.live), named("It", test.wanted)
			found, response := diff(t, &kubernetes{}, asked, live, wanted)
			if !maps.Equal(found, test.changes) {
				t.Errorf("found %v, expected %v", found, test.changes)
			}
			if some := response.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME; some != (len(test.changes) > 0) {
				t.Errorf("the engine is told %v", response.GetChanges())
			}
		})
	}
}

func TestASecretIsReplacedOnlyWhenItIsImmutableOrTheProviderSaysSo(t *testing.T) {
	for _, test := range []struct{ immutable, mutableForProvider, replaced bool }{
		{false, true, false}, {true, true, true}, {false, false, true},
	} {
		old := named("Secret", object{"immutable": test.immutable, "data": object{"a": "MQ=="}})
		wanted := named("Secret", object{"immutable": test.immutable, "stringData": object{"a": "2"}})
		plugin := &kubernetes{mutable: mutability{secrets: test.mutableForProvider}}
		found, response := diff(t, plugin, old, old, wanted)
		expected := kinds{"data.a": update}
		if test.replaced {
			expected = kinds{"data.a": anew}
		}
		if !maps.Equal(found, expected) || response.GetDeleteBeforeReplace() != test.replaced {
			t.Errorf("%+v: found %v", test, response)
		}
	}
}

func TestWhatIsSecretStaysSecret(t *testing.T) {
	marked := withSecretsOf(named("Secret", object{"data": object{"a": "eA=="}}), object{"stringData": object{"a": "x"}})
	if !isSecret(marked["data"]) {
		t.Error("a Secret's data is in the open when the program did not mark it")
	}

	inputs := object{"spec": object{"open": "x", "hidden": secret("y"), "list": []any{"a", secret("b")}}}
	marked = withSecretsOf(plain(inputs).(object), inputs)
	expected := object{"spec": object{"open": "x", "hidden": secret("y"), "list": secret([]any{"a", "b"})}}
	if !reflect.DeepEqual(marked, expected) {
		t.Errorf("not the smallest part is secret, or not the whole of a list: %v", marked)
	}
	if bare := plain(marked); !reflect.DeepEqual(bare, plain(inputs)) {
		t.Errorf("the values are others than before: %v", bare)
	}
}

func TestWhatAProgramAsksForByItsNameAlone(t *testing.T) {
	for _, test := range []struct {
		resourceType, id string
		expected         object
	}{
		{
			"kubernetes:core/v1:Secret", "mail/relay",
			object{"apiVersion": "v1", "kind": "Secret", "metadata": object{"namespace": "mail", "name": "relay"}},
		},
		{
			"kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "podmonitors.monitoring.coreos.com",
			object{
				"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
				"metadata": object{"name": "podmonitors.monitoring.coreos.com"},
			},
		},
	} {
		if found := objectFor(test.resourceType, test.id); !reflect.DeepEqual(found, test.expected) {
			t.Errorf("%s %s: %v", test.resourceType, test.id, found)
		}
	}
}
