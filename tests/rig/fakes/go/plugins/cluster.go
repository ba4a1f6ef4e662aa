package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/csaupgrade"
)

const createdBy = "pulumi-kubernetes"

type (
	item  = unstructured.Unstructured
	items = dynamic.ResourceInterface
)

// cluster sends objects to one API server. It asks which kinds there are only when it must know.
type cluster struct {
	client dynamic.Interface
	kinds  *restmapper.DeferredDiscoveryRESTMapper
}

// connect takes a kubeconfig's text or its file, by default `$KUBECONFIG` or the user's own.
func connect(kubeconfig, kubeContext string) (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	overrides := &clientcmd.ConfigOverrides{CurrentContext: kubeContext}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	if strings.Contains(kubeconfig, "clusters") {
		given, err := clientcmd.Load([]byte(kubeconfig))
		if err != nil {
			return nil, err
		}
		loader = clientcmd.NewDefaultClientConfig(*given, overrides)
	} else {
		rules.ExplicitPath = kubeconfig
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // no limit
	config.Timeout = time.Minute
	config.WarningHandler = rest.NoWarnings{}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	return &cluster{client, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))}, err
}

// among calls the API for the objects of this one's kind and namespace.
func (c *cluster) among(this object, call func(items) (*item, error)) (object, error) {
	kind := schema.FromAPIVersionAndKind(at[string](this, "apiVersion"), at[string](this, "kind"))
	found, err := c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.kinds.Reset() // its CustomResourceDefinition may have been created meanwhile
		found, err = c.kinds.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	all := c.client.Resource(found.Resource)
	var answer *item
	if found.Scope.Name() == meta.RESTScopeNameRoot {
		answer, err = call(all)
	} else {
		answer, err = call(all.Namespace(namespaceOf(this)))
	}
	if err != nil || answer == nil {
		return nil, err
	}
	return answer.Object, nil
}

func namespaceOf(o object) string {
	if namespace := at[string](o, "metadata", "namespace"); namespace != "" {
		return namespace
	}
	return metav1.NamespaceDefault
}

func dryRun(preview bool) []string {
	if preview {
		return []string{metav1.DryRunAll}
	}
	return nil
}

func (c *cluster) create(ctx context.Context, wanted object, preview bool) (object, error) {
	options := metav1.CreateOptions{FieldManager: createdBy, DryRun: dryRun(preview)}
	return c.among(wanted, func(all items) (*item, error) { return all.Create(ctx, &item{Object: wanted}, options) })
}

// apply creates the object or changes it, as this field manager (server-side apply).
func (c *cluster) apply(ctx context.Context, wanted object, fieldManager string, force, preview bool) (object, error) {
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: force, DryRun: dryRun(preview)}
	return c.among(wanted, func(all items) (*item, error) {
		return all.Apply(ctx, nameOf(wanted), &item{Object: wanted}, options)
	})
}

// read gives the live object, or nil when there is none.
func (c *cluster) read(ctx context.Context, known object) (object, error) {
	live, err := c.among(known, func(all items) (*item, error) {
		return all.Get(ctx, nameOf(known), metav1.GetOptions{})
	})
	return live, unlessMissing(err)
}

func (c *cluster) delete(ctx context.Context, known object) error {
	policy := metav1.DeletePropagationForeground
	_, err := c.among(known, func(all items) (*item, error) {
		return nil, all.Delete(ctx, nameOf(known), metav1.DeleteOptions{PropagationPolicy: &policy})
	})
	return unlessMissing(err)
}

func isMissing(err error) bool { return apierrors.IsNotFound(err) || meta.IsNoMatchError(err) }

func unlessMissing(err error) error {
	if isMissing(err) {
		return nil
	}
	return err
}

// takeOver hands what a plain create has made to the applying field manager, or taking a field out would leave it in.
func (c *cluster) takeOver(ctx context.Context, known object, fieldManager string) error {
	_, err := c.among(known, func(all items) (*item, error) {
		live, err := all.Get(ctx, nameOf(known), metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		before := sets.New(createdBy, "kubectl", fieldManager)
		ours := func(m metav1.ManagedFieldsEntry) bool {
			return before.Has(m.Manager) && m.Operation == metav1.ManagedFieldsOperationUpdate && m.Subresource == ""
		}
		if !slices.ContainsFunc(live.GetManagedFields(), ours) {
			return nil, nil
		}
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, before, fieldManager)
		if err != nil {
			return nil, err
		}
		return all.Patch(ctx, nameOf(known), types.JSONPatchType, patch, metav1.PatchOptions{})
	})
	return unlessMissing(err)
}

// podsOf lists the pods with these labels beside what made them.
func (c *cluster) podsOf(ctx context.Context, maker object, labels map[string]any) ([]item, error) {
	pairs := make([]string, 0, len(labels))
	for key, value := range labels {
		pairs = append(pairs, fmt.Sprintf("%s=%v", key, value))
	}
	pods := c.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"})
	list, err := pods.Namespace(namespaceOf(maker)).List(ctx, metav1.ListOptions{LabelSelector: strings.Join(pairs, ",")})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}
