package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

// resync is how long it takes until the plugin is told again of what has not changed (pkg/await/informers/factory.go).
const resync = time.Minute

// deploymentPods are a Deployment's pods as the plugin knows them. It drops each event of a pod that comes before the
// pod's ReplicaSet is known (pkg/await/deployment.go, processPodEvent), so a pod counts once it has changed after it was
// first seen: a kubelet's pods go on changing.
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
