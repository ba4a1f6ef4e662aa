package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// outcome waits for the object; when that fails, the engine still learns that it exists. A preview does not wait.
func (k *kubernetes) outcome(
	ctx context.Context, news, made object, fieldManager string, preview bool, timeout float64,
) (*structpb.Struct, error) {
	if preview {
		delete(made, "status")
	}
	if preview || annotation(made, "pulumi.com/skipAwait") == "true" {
		return checkpoint(news, made, fieldManager)
	}
	live, failure := ready(ctx, k.cluster, made, timeout)
	if failure == nil {
		return checkpoint(news, live, fieldManager)
	}
	live, err := k.cluster.read(ctx, made)
	if err != nil || live == nil {
		live = made
	}
	properties, err := checkpoint(news, live, fieldManager)
	if err != nil {
		return nil, err
	}
	return nil, initFailed(made, strings.Split(failure.Error(), "\n"), properties, nil)
}

// initFailed is the plugin's partialError: the engine saves the properties, and the next update tries again.
func initFailed(live object, reasons []string, properties, inputs *structpb.Struct) error {
	message := fmt.Sprintf("the Kubernetes API server reported that %v %q failed to become live: %s",
		live["kind"], idOf(live), strings.Join(reasons, "; "))
	detail := &pulumirpc.ErrorResourceInitFailed{
		Id: idOf(live), Properties: properties, Reasons: reasons, Inputs: inputs,
	}
	detailed, err := status.New(codes.Unknown, message).WithDetails(detail)
	if err != nil {
		return err
	}
	return detailed.Err()
}

// notReady is why an object is not what an update would have waited for; a refresh asks once and does not wait
// (provider/pkg/await/await.go, Read).
func notReady(ctx context.Context, c *cluster, live object) []string {
	check, needed := checks[at[string](live, "kind")]
	if !needed || annotation(live, "pulumi.com/skipAwait") == "true" {
		return nil
	}
	done, err := check(ctx, c, live)
	if err != nil {
		return strings.Split(err.Error(), "\n")
	}
	if done {
		return nil
	}
	return []string{fmt.Sprintf("%v %q is not ready", live["kind"], idOf(live))}
}

// isCreatedHere tells an object of which a plain create still owns fields: a real update takes them over first, so its preview
// is forced. Any other conflict shows in the preview (provider/pkg/await/await.go, patchForce).
func isCreatedHere(live object) bool {
	return slices.ContainsFunc((&item{Object: live}).GetManagedFields(), func(fields metav1.ManagedFieldsEntry) bool {
		return fields.Manager == createdBy && fields.Operation == metav1.ManagedFieldsOperationUpdate
	})
}
