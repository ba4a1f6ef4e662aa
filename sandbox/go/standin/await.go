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

// until asks again and again, ever less often, until the check is true.
func until(ctx context.Context, seconds float64, what string, check func() (bool, error)) error {
	deadline := time.Now().Add(time.Duration(cmp.Or(seconds, tenMinutes) * float64(time.Second)))
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, time.Second) {
		if done, err := check(); done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("timed out waiting for %s", what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func condition(live object, name string) object {
	for _, condition := range at[[]any](live, "status", "conditions") {
		if is, _ := condition.(object); is["type"] == name && is["status"] == "True" {
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
	failed := condition(job, "Failed")
	if failed == nil {
		return condition(job, "Complete") != nil, nil
	}
	pods, err := c.podsOf(ctx, job)
	if err != nil {
		return false, err
	}
	reasons := []string{fmt.Sprintf("[%v] %v", failed["reason"], failed["message"])}
	for _, pod := range pods {
		for _, status := range at[[]any](pod.Object, "status", "containerStatuses") {
			container, _ := status.(object)
			end := at[object](container, "state", "terminated")
			said := fmt.Sprintf("[%v] %s", end["reason"], at[string](end, "message"))
			if at[int64](end, "exitCode") != 0 && !slices.Contains(reasons, said) {
				reasons = append(reasons, said)
			}
		}
	}
	return false, errors.New(strings.Join(reasons, "\n"))
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
	if slices.Contains(notHere, kind) {
		return nil, fmt.Errorf(
			"the stand-in cannot wait for a %s: annotate it with pulumi.com/skipAwait, or use the real plugin", kind)
	}
	check, needed := checks[kind]
	if !needed {
		return made, nil
	}
	live := made
	own, _ := strconv.ParseFloat(annotation(made, "pulumi.com/timeoutSeconds"), 64)
	err := until(ctx, cmp.Or(timeout, own), kind+" "+nameOf(made), func() (bool, error) {
		now, err := c.read(ctx, made)
		if err != nil {
			return false, err
		}
		if now != nil {
			live = now
		}
		return check(ctx, c, live)
	})
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
