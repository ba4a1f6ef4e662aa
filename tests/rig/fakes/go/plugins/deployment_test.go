package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// aDeployment has one pod that is not available; the controller has given up on it.
func aDeployment() object {
	return inNamespace("v1", "Deployment", object{
		"spec": object{"replicas": int64(1), "selector": object{"matchLabels": object{"app": "it"}}},
		"status": object{
			"replicas": int64(1), "updatedReplicas": int64(1),
			"conditions": []any{object{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}},
		},
	})
}

func TestADeploymentIsWaitedForPastItsProgressDeadline(t *testing.T) {
	if done, err := deploymentIsAvailable(context.Background(), nil, aDeployment()); done || err != nil {
		t.Errorf("done: %v, error: %v; the plugin takes the deadline for a warning", done, err)
	}
}

func TestAPodOfADeploymentCountsOnceItHasChanged(t *testing.T) {
	ended := object{"terminated": object{"reason": "Error", "exitCode": int64(1), "message": "login refused"}}
	pod := inNamespace("v1", "Pod", object{"status": object{
		"conditions": []any{
			object{"type": "PodScheduled", "status": "True"}, object{"type": "Initialized", "status": "True"},
			object{"type": "Ready", "status": "False"},
		},
		"containerStatuses": []any{object{"name": "a", "ready": false, "lastState": ended}},
	}})
	metadata := pod["metadata"].(object)
	metadata["uid"], metadata["resourceVersion"] = "u", "1"
	list := object{"kind": "PodList", "apiVersion": "v1", "items": []any{pod}}
	plugin := api(t, map[string]object{"/api/v1/namespaces/n/pods": list})
	pods := deploymentPods{map[string]string{}, map[string]time.Time{}, nil}
	for _, expected := range []bool{false, false, true} {
		if expected {
			metadata["resourceVersion"] = "2"
		}
		if err := pods.look(context.Background(), plugin.cluster, aDeployment()); err != nil {
			t.Fatal(err)
		}
		reasons := pods.whyNotAvailable(errors.New("timed out")).Error()
		if strings.Contains(reasons, "login refused") != expected {
			t.Errorf("after version %v: %q", metadata["resourceVersion"], reasons)
		}
	}
}
