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

func TestWhatAPodThatIsNotReadySays(t *testing.T) {
	yes := func(name string) any { return object{"type": name, "status": "True"} }
	no := object{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "not ready: a"}
	end := object{"reason": "Error", "exitCode": int64(1), "message": "refused", "finishedAt": "now"}
	running := object{"name": "a", "ready": false, "lastState": object{"terminated": end}}
	pod := func(container object, conditions ...any) object {
		status := object{"conditions": conditions, "containerStatuses": []any{container}}
		return object{"metadata": object{"name": "p", "namespace": "n"}, "status": status}
	}
	ended := object{"name": "a", "ready": false, "state": object{"terminated": end}}
	for expected, given := range map[string]object{
		"[Pod n/p]: not ready: acontainer \"a\" terminated at now (Error: exit code 1)\nrefused": pod(
			running, yes("PodScheduled"), yes("Initialized"), no),
		"[Pod n/p]: not ready: a[Error] refused": pod(ended, yes("PodScheduled"), yes("Initialized"), no),
	} {
		if said, _ := podErrors(given); said != expected {
			t.Errorf("said %q, expected %q", said, expected)
		}
	}
	for _, silent := range []object{
		pod(running, yes("Initialized"), no), pod(running, yes("PodScheduled"), no),
		pod(running, yes("PodScheduled"), yes("Initialized")),
		pod(running, yes("PodScheduled"), yes("Initialized"), yes("Ready")),
	} {
		if said, any := podErrors(silent); any {
			t.Errorf("said %q, where the plugin does not look", said)
		}
	}
}

func TestWhatAnAnnotationAsksToWaitFor(t *testing.T) {
	certificate := func(status string, seen int64) object {
		ready := object{"type": "Ready", "status": status, "observedGeneration": seen}
		return object{"metadata": object{"generation": int64(2)}, "status": object{"conditions": []any{ready}}}
	}
	for _, test := range []struct {
		expression string
		live       object
		done       bool
	}{
		{"condition=Ready", certificate("True", 2), true},
		{"condition=Ready", certificate("False", 2), false},
		{"condition=Ready", certificate("True", 1), false}, // of what the object was before
		{"condition=Ready=False", certificate("False", 2), true},
		{"condition=Ready", object{}, false},
	} {
		check, err := waitFor(test.expression)
		if err != nil {
			t.Fatal(err)
		}
		if done, _ := check(context.Background(), nil, test.live); done != test.done {
			t.Errorf("%s of %v: %v", test.expression, test.live, done)
		}
	}
	if _, err := waitFor("jsonpath={.status.phase}=Active"); err == nil {
		t.Error("what the fake cannot do is accepted")
	}
}
