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
	said, err := saidByPods(ctx, c, job, object{"job-name": nameOf(job)})
	if err != nil {
		return false, err
	}
	failure := conditionOf(job, "Failed")
	reasons := []string{fmt.Sprintf("[%v] %v", failure["reason"], failure["message"])}
	return false, errors.New(strings.Join(append(reasons, said...), "\n"))
}

// saidByPods gives what the plugin shows of pods that are not ready: the last words of containers that ended. It looks only
// at pods that have a condition Ready, which a kubelet sets (provider/pkg/await/checker/pod/check.go).
func saidByPods(ctx context.Context, c *cluster, maker, labels object) ([]string, error) {
	pods, err := c.podsOf(ctx, maker, labels)
	if err != nil {
		return nil, err
	}
	var reasons []string
	for _, pod := range pods {
		if ready, known := condition(pod.Object, "Ready"); ready || !known {
			continue
		}
		for _, status := range at[[]any](pod.Object, "status", "containerStatuses") {
			container, _ := status.(object)
			for _, state := range []string{"state", "lastState"} {
				end := at[object](container, state, "terminated")
				said := fmt.Sprintf("[Pod %s]: [%v] %s", pod.GetName(), end["reason"], at[string](end, "message"))
				if at[int64](end, "exitCode") != 0 && !slices.Contains(reasons, said) {
					reasons = append(reasons, said)
				}
			}
		}
	}
	return reasons, nil
}

// whyNotAvailable is the end of the plugin's patience with a Deployment.
func whyNotAvailable(ctx context.Context, c *cluster, live object, timedOut error) error {
	said, err := saidByPods(ctx, c, live, at[object](live, "spec", "selector", "matchLabels"))
	if err != nil {
		return err
	}
	reasons := append([]string{timedOut.Error(), "Minimum number of live Pods was not attained"}, said...)
	return errors.New(strings.Join(reasons, "\n"))
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
	if errors.Is(err, errTimedOut) && kind == "Deployment" {
		err = whyNotAvailable(ctx, c, live, err)
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
