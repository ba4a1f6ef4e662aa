package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// kubernetes sends every object to the real API server, with the rules of the Kubernetes plugin that this program
// relies on.
type kubernetes struct {
	base
	cluster *cluster
	mutable mutability
	upsert  bool
	force   bool
}

func (k *kubernetes) Configure(
	ctx context.Context, req *pulumirpc.ConfigureRequest,
) (*pulumirpc.ConfigureResponse, error) {
	values := plainMap(req.GetArgs())
	// An option that is not configured is looked for in the environment.
	on := func(key string, variable ...string) bool {
		value, given := values[key]
		for _, name := range variable {
			if text, set := os.LookupEnv(name); set && !given {
				value = text
			}
		}
		return fmt.Sprint(value) == "true"
	}
	k.mutable = mutability{secrets: on("enableSecretMutable"), configMaps: on("enableConfigMapMutable")}
	k.upsert = on("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS")
	k.force = on("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE")
	var err error
	if k.cluster, err = connect(at[string](values, "kubeconfig"), at[string](values, "context")); err != nil {
		return nil, err
	}
	return k.base.Configure(ctx, req)
}

func (k *kubernetes) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news := req.GetNews().AsMap()
	if nameOf(plain(news).(object)) == "" {
		return nil, fmt.Errorf("%s has no metadata.name: the fake does not make up names", req.GetType())
	}
	inputs, err := wire(withSecretsOf(news, news))
	return &pulumirpc.CheckResponse{Inputs: inputs}, err
}

func (k *kubernetes) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	oldInputs, old, _ := parseCheckpoint(req.GetOlds())
	wanted := normalized(plainMap(req.GetNews()))
	fixed := k.mutable.fixedProperties(wanted, isPatch(req.GetType(), wanted))
	details := map[string]*pulumirpc.PropertyDiff{}
	var replaces []string
	for _, found := range differences(prune(normalized(old), normalized(oldInputs)), wanted, place{}) {
		kind := found.kind
		if slices.ContainsFunc(fixed, found.touches) {
			replaces = append(replaces, found.text)
			kind++ // each kind is followed by its _REPLACE
		}
		details[found.text] = &pulumirpc.PropertyDiff{Kind: kind}
	}
	if annotation(wanted, "pulumi.com/replaceUnready") == "true" && wanted["kind"] == "Job" {
		job, err := k.cluster.read(ctx, old)
		if err != nil {
			return nil, err
		}
		// A Job that is gone is no change: the plugin's readLiveObject fails then, and Diff ignores that.
		if complete, _ := condition(job, "Complete"); job != nil && !complete {
			replaces = append(replaces, `.metadata.annotations["pulumi.com/replaceUnready"]`)
		}
	}
	changes := pulumirpc.DiffResponse_DIFF_NONE
	if len(details)+len(replaces) > 0 {
		changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	return &pulumirpc.DiffResponse{
		Changes:  changes,
		Replaces: replaces,
		// One name cannot be two objects at once.
		DeleteBeforeReplace: len(replaces) > 0 && idOf(wanted) == idOf(old),
		HasDetailedDiff:     true,
		DetailedDiff:        details,
	}, nil
}

func (k *kubernetes) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	news, preview := req.GetProperties().AsMap(), req.GetPreview()
	inputs := plain(news).(object)
	patch := isPatch(req.GetType(), inputs)
	asIs := &pulumirpc.CreateResponse{Properties: req.GetProperties()}
	if preview && (patch || contains(news, isUnknown)) {
		return asIs, nil
	}
	fieldManager := annotation(inputs, "pulumi.com/patchFieldManager")
	if fieldManager == "" {
		fieldManager = createdBy + "-" + strings.ToLower(rand.Text()[:8])
	}
	var live object
	var err error
	if patch || k.upsert {
		live, err = k.cluster.apply(ctx, inputs, fieldManager, k.forces(inputs) || preview, preview)
	} else {
		live, err = k.cluster.create(ctx, inputs, preview)
	}
	if preview && isEarly(err) {
		return asIs, nil
	}
	if err != nil {
		return nil, err
	}
	properties, err := k.outcome(ctx, news, live, fieldManager, preview, req.GetTimeout())
	if err != nil || preview {
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	return &pulumirpc.CreateResponse{Id: idOf(live), Properties: properties}, nil
}

func (k *kubernetes) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	_, known, fieldManager := parseCheckpoint(req.GetProperties())
	if len(known) == 0 { // a program's `get`: only its name is known
		known = objectFor(req.GetType(), req.GetId())
	}
	live, err := k.cluster.read(ctx, known)
	if err != nil || live == nil {
		return &pulumirpc.ReadResponse{}, err
	}
	asked := at[object](req.GetProperties().AsMap(), inputsKey)
	if len(asked) == 0 {
		properties, err := checkpoint(asked, live, fieldManager)
		return &pulumirpc.ReadResponse{Id: idOf(live), Properties: properties, Inputs: req.GetInputs()}, err
	}
	// What the program had asked for, as it is now: pruneLiveState in the plugin's provider.go.
	now := prune(normalized(live), normalized(plain(asked).(object))).(object)
	properties, err := checkpoint(withSecretsOf(now, asked), live, fieldManager)
	if err != nil {
		return nil, err
	}
	inputs, err := wire(withSecretsOf(now, asked))
	if err != nil {
		return nil, err
	}
	if reasons := notReady(ctx, k.cluster, live); len(reasons) > 0 {
		return nil, initFailed(live, reasons, properties, inputs)
	}
	return &pulumirpc.ReadResponse{Id: idOf(live), Properties: properties, Inputs: inputs}, nil
}

func (k *kubernetes) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	news, preview := req.GetNews().AsMap(), req.GetPreview()
	if preview && contains(news, isUnknown) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	inputs := plain(news).(object)
	_, old, fieldManager := parseCheckpoint(req.GetOlds())
	before, err := k.cluster.read(ctx, old)
	if err != nil || before == nil {
		return nil, errors.Join(fmt.Errorf("update of %v %q failed: it is not in the cluster", old["kind"], idOf(old)), err)
	}
	if !preview && !isPatch(req.GetType(), inputs) {
		if err := k.cluster.takeOver(ctx, inputs, fieldManager); err != nil {
			return nil, err
		}
	}
	force := k.forces(inputs) || preview && isCreatedHere(before)
	live, err := k.cluster.apply(ctx, inputs, fieldManager, force, preview)
	if preview && apierrors.IsForbidden(err) {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, nil
	}
	if err != nil { // refused, and yet the plugin saves what was wanted
		properties, lost := checkpoint(news, before, fieldManager)
		if lost != nil {
			return nil, lost
		}
		return nil, initFailed(before, []string{err.Error()}, properties, nil)
	}
	properties, err := k.outcome(ctx, news, live, fieldManager, preview, req.GetTimeout())
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (k *kubernetes) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	_, known, fieldManager := parseCheckpoint(req.GetProperties())
	if !isPatch(req.GetType(), known) {
		if err := k.cluster.delete(ctx, known); err != nil {
			return nil, err
		}
		return &emptypb.Empty{}, k.cluster.untilGone(ctx, known, req.GetTimeout())
	}
	live, err := k.cluster.read(ctx, known)
	if err == nil && live != nil {
		metadata := object{"name": nameOf(known), "namespace": at[string](known, "metadata", "namespace")}
		none := object{"apiVersion": known["apiVersion"], "kind": known["kind"], "metadata": metadata}
		_, err = k.cluster.apply(ctx, none, fieldManager, false, false)
	}
	return &emptypb.Empty{}, err
}

// isPatch tells a resource that changes fields of somebody else's object: `kubernetes:apps/v1:DeploymentPatch`.
func isPatch(resourceType string, o object) bool {
	return strings.HasSuffix(resourceType, "Patch") && !strings.HasSuffix(at[string](o, "kind"), "Patch")
}

// isEarly tells errors over what the update makes first and a preview cannot know: its namespace, say.
func isEarly(err error) bool {
	var refused apierrors.APIStatus
	isRefused := errors.As(err, &refused) &&
		slices.Contains([]int32{http.StatusForbidden, http.StatusConflict}, refused.Status().Code)
	return isRefused || isMissing(err)
}

func (k *kubernetes) forces(inputs object) bool {
	return k.force || annotation(inputs, "pulumi.com/patchForce") == "true"
}
