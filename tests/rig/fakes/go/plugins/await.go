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

// waitFor is the check that an annotation asks for (pkg/metadata/overrides.go, pkg/await/condition/custom.go): here a
// condition, `condition=Ready` or `condition=Ready=False`.
func waitFor(expression string) (func(context.Context, *cluster, object) (bool, error), error) {
	wanted, found := strings.CutPrefix(expression, "condition=")
	if !found {
		return nil, fmt.Errorf("the fake can wait for a condition only, not for %q", expression)
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

// notHere are kinds that the plugin waits for and this fake does not.
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
			"the fake cannot wait for a %s: annotate it with pulumi.com/skipAwait, or use the real plugin", kind)
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
