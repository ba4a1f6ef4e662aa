package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const tenMinutes = 600 // the plugin's default

var errTimedOut = errors.New("timed out")

// until asks again and again, ever less often, until the check is true.
func until(ctx context.Context, seconds float64, what string, check func() (bool, error)) error {
	deadline := time.Now().Add(time.Duration(cmp.Or(seconds, tenMinutes) * float64(time.Second)))
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, time.Second) {
		if done, err := check(); done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w waiting for %s", errTimedOut, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// condition tells whether an object's condition is true, and whether the object has it at all.
func condition(live object, name string) (holds, known bool) {
	is := conditionOf(live, name)
	return is["status"] == "True", is != nil
}

func conditionOf(live object, name string) object {
	for _, condition := range at[[]any](live, "status", "conditions") {
		if is, _ := condition.(object); is["type"] == name {
			return is
		}
	}
	return nil
}

func deploymentIsAvailable(_ context.Context, _ *cluster, live object) (bool, error) {
	status := func(count string) int64 { return at[int64](live, "status", count) }
	replicas := at[int64](live, "spec", "replicas") // the server has filled it in
	current := status("observedGeneration") >= at[int64](live, "metadata", "generation")
	return current && status("updatedReplicas") == replicas && status("availableReplicas") == replicas &&
		status("replicas") == replicas, nil
}

// jobIsComplete gives as a failed Job's reason what its containers said last.
func jobIsComplete(ctx context.Context, c *cluster, job object) (bool, error) {
	if failed, _ := condition(job, "Failed"); !failed {
		complete, _ := condition(job, "Complete")
		return complete, nil
	}
	pods, err := c.podsOf(ctx, job, object{"job-name": nameOf(job)})
	if err != nil {
		return false, err
	}
	failure := conditionOf(job, "Failed")
	reasons := []string{fmt.Sprintf("[%v] %v", failure["reason"], failure["message"])}
	return false, errors.New(strings.Join(append(reasons, saidByPods(pods)...), "\n"))
}

// podErrors gives what the plugin shows of a pod that is not ready. It looks at one condition after the other, as a kubelet
// sets them, and at the containers only where it gets that far (provider/pkg/await/checker/pod/check.go).
func podErrors(pod object) (string, bool) {
	if scheduled, _ := condition(pod, "PodScheduled"); !scheduled {
		return "", false
	}
	for _, name := range []string{"Initialized", "Ready"} {
		is := conditionOf(pod, name)
		if is == nil {
			return "", false
		}
		if is["status"] == "True" {
			continue
		}
		var said string
		if message, _ := is["message"].(string); message != "" && is["reason"] != nil {
			said = message
		}
		var errs []string
		for _, status := range at[[]any](pod, "status", "containerStatuses") {
			container, _ := status.(object)
			errs = append(errs, containerErrors(container)...)
		}
		if said += strings.Join(errs, "\n"); said == "" {
			return "", false
		}
		return fmt.Sprintf("[Pod %s]: %s", idOf(pod), said), true
	}
	return "", false
}

func containerErrors(container object) (errs []string) {
	if container["ready"] == true {
		return nil
	}
	name, message := container["name"], func(o object) string { return at[string](o, "message") }
	if waiting := at[object](container, "state", "waiting"); waiting != nil && waiting["reason"] != "ContainerCreating" {
		errs = append(errs, fmt.Sprintf("[%v] %s", waiting["reason"], message(waiting)))
	}
	if end := at[object](container, "state", "terminated"); at[string](end, "reason") != "" {
		if message(end) != "" {
			errs = append(errs, fmt.Sprintf("[%v] %s", end["reason"], message(end)))
		} else {
			errs = append(errs, fmt.Sprintf("container %q completed with exit code %v", name, end["exitCode"]))
		}
	}
	if end := at[object](container, "lastState", "terminated"); end != nil {
		errs = append(errs, fmt.Sprintf(
			"container %q terminated at %v (%v: exit code %v)", name, end["finishedAt"], end["reason"], end["exitCode"]))
		if message(end) != "" {
			errs = append(errs, message(end))
		}
	}
	return errs
}

func saidByPods(pods []item) (reasons []string) {
	for _, pod := range pods {
		if said, any := podErrors(pod.Object); any && !slices.Contains(reasons, said) {
			reasons = append(reasons, said)
		}
	}
	return reasons
}

// resync is how long it takes the plugin to hear again of what has not changed (pkg/await/informers/factory.go).
const resync = time.Minute

// deploymentPods are a Deployment's pods as the plugin knows them. It drops what it hears of a pod before it has heard of the
// pod's ReplicaSet (pkg/await/deployment.go, processPodEvent), so a pod counts once it has changed after it was first seen:
// a kubelet's go on changing.
type deploymentPods struct {
	first map[string]string // the version that was there at first
	since map[string]time.Time
	known []item
}

func (p *deploymentPods) look(ctx context.Context, c *cluster, deployment object) error {
	pods, err := c.podsOf(ctx, deployment, at[object](deployment, "spec", "selector", "matchLabels"))
	if err != nil {
		return err
	}
	p.known = nil
	for _, pod := range pods {
		uid := string(pod.GetUID())
		if p.first[uid] == "" {
			p.first[uid], p.since[uid] = pod.GetResourceVersion(), time.Now()
		}
		if p.first[uid] != pod.GetResourceVersion() || time.Since(p.since[uid]) > resync {
			p.known = append(p.known, pod)
		}
	}
	return nil
}

// whyNotAvailable is the plugin's error when a Deployment times out.
func (p *deploymentPods) whyNotAvailable(timedOut error) error {
	reasons := append([]string{timedOut.Error(), "Minimum number of live Pods was not attained"}, saidByPods(p.known)...)
	return errors.New(strings.Join(reasons, "\n"))
}

// waitFor is the check that an annotation asks for (pkg/metadata/overrides.go, pkg/await/condition/custom.go): here a
// condition, `condition=Ready` or `condition=Ready=False`.
func waitFor(expression string) (func(context.Context, *cluster, object) (bool, error), error) {
	wanted, found := strings.CutPrefix(expression, "condition=")
	if !found {
		return nil, fmt.Errorf("the stand-in can wait for a condition only, not for %q", expression)
	}
	name, status, _ := strings.Cut(wanted, "=")
	return func(_ context.Context, _ *cluster, live object) (bool, error) {
		is := conditionOf(live, name)
		for _, observer := range []object{is, at[object](live, "status")} {
			if seen, known := observer["observedGeneration"].(int64); known {
				if seen < at[int64](live, "metadata", "generation") {
					return false, nil
				}
				break
			}
		}
		return strings.EqualFold(fmt.Sprint(is["status"]), cmp.Or(status, "True")), nil
	}, nil
}

var checks = map[string]func(context.Context, *cluster, object) (bool, error){
	"Deployment": deploymentIsAvailable,
	"Job":        jobIsComplete,
}

// notHere are kinds that the plugin waits for and this stand-in does not.
var notHere = []string{
	"DaemonSet", "Ingress", "PersistentVolumeClaim", "Pod", "ReplicationController", "Service", "StatefulSet",
}

// ready gives the live object once it is what it should be; an error with the reasons when it will not be.
func ready(ctx context.Context, c *cluster, made object, timeout float64) (object, error) {
	kind := at[string](made, "kind")
	check, needed := checks[kind]
	if expression := annotation(made, "pulumi.com/waitFor"); expression != "" {
		var err error
		if check, err = waitFor(expression); err != nil {
			return nil, err
		}
	} else if slices.Contains(notHere, kind) {
		return nil, fmt.Errorf(
			"the stand-in cannot wait for a %s: annotate it with pulumi.com/skipAwait, or use the real plugin", kind)
	} else if !needed {
		return made, nil
	}
	live := made
	pods := deploymentPods{map[string]string{}, map[string]time.Time{}, nil}
	own, _ := strconv.ParseFloat(annotation(made, "pulumi.com/timeoutSeconds"), 64)
	err := until(ctx, cmp.Or(timeout, own), "the condition", func() (bool, error) {
		now, err := c.read(ctx, made)
		if err != nil {
			return false, err
		}
		if now != nil {
			live = now
		}
		if kind == "Deployment" {
			if err := pods.look(ctx, c, live); err != nil {
				return false, err
			}
		}
		return check(ctx, c, live)
	})
	if errors.Is(err, errTimedOut) && kind == "Deployment" {
		err = pods.whyNotAvailable(err)
	}
	return live, err
}

func (c *cluster) untilGone(ctx context.Context, known object, timeout float64) error {
	what := fmt.Sprintf("the end of %v %s", known["kind"], nameOf(known))
	return until(ctx, timeout, what, func() (bool, error) {
		live, err := c.read(ctx, known)
		gone := live == nil || at[string](live, "metadata", "uid") != at[string](known, "metadata", "uid")
		return err == nil && gone, err
	})
}
