package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

const refusal = "the class must support resize"

// api is an API server with the given objects, by path; it refuses every change with a 403.
func api(t *testing.T, objects map[string]object) *kubernetes {
	t.Helper()
	answers := map[string]object{
		"/api": {"kind": "APIVersions", "versions": []any{"v1"}},
		"/apis": {"kind": "APIGroupList", "groups": []any{object{
			"name": "batch", "versions": []any{object{"groupVersion": "batch/v1", "version": "v1"}},
		}}},
		"/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []any{
			object{"name": "configmaps", "kind": "ConfigMap", "namespaced": true},
			object{"name": "pods", "kind": "Pod", "namespaced": true},
		}},
		"/apis/batch/v1": {"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": []any{
			object{"name": "jobs", "kind": "Job", "namespaced": true},
		}},
		"/api/v1/namespaces/n/pods": {"kind": "PodList", "apiVersion": "v1", "items": []any{}},
	}
	for path, o := range objects {
		answers[path] = o
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "application/json")
		answer, found := answers[r.URL.Path]
		code, reason, message := 404, "NotFound", "not found"
		if r.Method != http.MethodGet {
			found, code, reason, message = false, 403, "Forbidden", refusal
		}
		if !found {
			w.WriteHeader(code)
			answer = object{
				"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
			}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	config := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c",
		"clusters": [{"name": "c", "cluster": {"server": %q}}], "contexts": [{"name": "c", "context": {"cluster": "c"}}]}`,
		server.URL)
	found, err := connect(config, "")
	if err != nil {
		t.Fatal(err)
	}
	return &kubernetes{cluster: found}
}

func inNamespace(apiVersion, kind string, more object) object {
	o := object{"apiVersion": apiVersion, "kind": kind, "metadata": object{"name": "it", "namespace": "n"}}
	for key, value := range more {
		o[key] = value
	}
	return o
}

func saved(t *testing.T, o object) *structpb.Struct {
	t.Helper()
	state, err := checkpoint(o, o, "manager")
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func detailOf(t *testing.T, err error) *pulumirpc.ErrorResourceInitFailed {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed
		}
	}
	t.Fatalf("the engine saves nothing of %v", err)
	return nil
}

func updateIt(t *testing.T, plugin *kubernetes, before, wanted object, preview bool) error {
	t.Helper()
	news, err := wire(wanted)
	if err != nil {
		t.Fatal(err)
	}
	_, err = plugin.Update(context.Background(), &pulumirpc.UpdateRequest{
		Type: "kubernetes:core/v1:ConfigMap", Olds: saved(t, before), News: news, Preview: preview,
	})
	return err
}

func TestAnUpdateThatTheServerRefusesSavesWhatWasWanted(t *testing.T) {
	before := inNamespace("v1", "ConfigMap", object{"data": object{"size": "10"}})
	wanted := inNamespace("v1", "ConfigMap", object{"data": object{"size": "20"}})
	plugin := api(t, map[string]object{"/api/v1/namespaces/n/configmaps/it": before})
	failed := detailOf(t, updateIt(t, plugin, before, wanted, false))
	inputs, live, _ := parseCheckpoint(failed.GetProperties())
	if at[string](inputs, "data", "size") != "20" || at[string](live, "data", "size") != "10" {
		t.Errorf("saved %v beside %v", inputs, live)
	}
	if reasons := strings.Join(failed.GetReasons(), "\n"); !strings.Contains(reasons, refusal) {
		t.Errorf("the server's reason is lost: %q", reasons)
	}
	if err := updateIt(t, plugin, before, wanted, true); err != nil {
		t.Errorf("a preview that may not ask the server failed: %v", err)
	}
}

func TestAnUpdateOfWhatIsGoneFails(t *testing.T) {
	gone := inNamespace("v1", "ConfigMap", nil)
	for _, preview := range []bool{true, false} {
		err := updateIt(t, api(t, nil), gone, gone, preview)
		if err == nil || !strings.Contains(err.Error(), "not in the cluster") {
			t.Errorf("preview %v: %v", preview, err)
		}
	}
}

func TestARefreshTellsWhatIsNotReady(t *testing.T) {
	conditions := func(name string) object {
		return object{"status": object{"conditions": []any{
			object{"type": name, "status": "True", "reason": "BackoffLimitExceeded", "message": "gave up"},
		}}}
	}
	read := func(live object) error {
		plugin := api(t, map[string]object{"/apis/batch/v1/namespaces/n/jobs/it": live})
		asked := inNamespace("batch/v1", "Job", nil)
		_, err := plugin.Read(context.Background(), &pulumirpc.ReadRequest{
			Id: "n/it", Type: "kubernetes:batch/v1:Job", Properties: saved(t, asked),
		})
		return err
	}
	failed := detailOf(t, read(inNamespace("batch/v1", "Job", conditions("Failed"))))
	if reasons := strings.Join(failed.GetReasons(), "\n"); !strings.Contains(reasons, "gave up") || failed.GetInputs() == nil {
		t.Errorf("told %v", failed)
	}
	if err := read(inNamespace("batch/v1", "Job", conditions("Complete"))); err != nil {
		t.Errorf("a Job that is complete: %v", err)
	}
}

func TestAJobThatIsGoneIsNotReplaced(t *testing.T) {
	job := inNamespace("batch/v1", "Job", nil)
	job["metadata"].(object)["annotations"] = object{"pulumi.com/replaceUnready": "true"}
	news, err := wire(job)
	if err != nil {
		t.Fatal(err)
	}
	for expected, live := range map[pulumirpc.DiffResponse_DiffChanges]map[string]object{
		pulumirpc.DiffResponse_DIFF_NONE: nil,
		pulumirpc.DiffResponse_DIFF_SOME: {"/apis/batch/v1/namespaces/n/jobs/it": job},
	} {
		request := &pulumirpc.DiffRequest{Type: "kubernetes:batch/v1:Job", Olds: saved(t, job), News: news}
		response, err := api(t, live).Diff(context.Background(), request)
		if err != nil || response.GetChanges() != expected {
			t.Errorf("%v: %v, expected %v", live, response, expected)
		}
	}
}

func TestOnlyWhatAPlainCreateMadeIsForcedInAPreview(t *testing.T) {
	managed := func(manager, operation string) object {
		entry := object{"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1"}
		return object{"metadata": object{"managedFields": []any{entry}}}
	}
	if !isCreatedHere(managed(createdBy, "Update")) {
		t.Error("what a plain create made is a conflict")
	}
	for _, other := range []object{managed("kubectl-edit", "Update"), managed(createdBy+"-1a2b", "Apply")} {
		if isCreatedHere(other) {
			t.Errorf("a conflict with %v does not show in a preview", other)
		}
	}
}
