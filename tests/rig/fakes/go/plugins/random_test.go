package main

import (
	"context"
	"regexp"
	"slices"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	password = "random:index/randomPassword:RandomPassword"
	text     = "random:index/randomString:RandomString"
)

func made(t *testing.T, resourceType string, inputs object) *pulumirpc.CreateResponse {
	t.Helper()
	properties, err := wire(inputs)
	if err != nil {
		t.Fatal(err)
	}
	request := &pulumirpc.CreateRequest{Type: resourceType, Properties: properties}
	response, err := (&random{}).Create(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestRandomTextHasTheLengthAndTheCharactersThatWereAskedFor(t *testing.T) {
	response := made(t, text, object{"length": 40, "upper": false, "special": true, "overrideSpecial": "-é"})
	result := at[string](response.GetProperties().AsMap(), "result")
	if !regexp.MustCompile(`^[a-z0-9é-]{40}$`).MatchString(result) || response.GetId() != result {
		t.Error(result)
	}
}

func TestAPasswordIsSecretAndNotInItsID(t *testing.T) {
	response := made(t, password, object{"length": 40})
	if !isSecret(response.GetProperties().AsMap()["result"]) || response.GetId() != "none" {
		t.Error(response)
	}
}

func TestRandomTextIsMadeAnewOnlyWhenAnInputChanges(t *testing.T) {
	olds := made(t, password, object{"length": 40}).GetProperties()
	for length, replaces := range map[int][]string{40: nil, 41: {"length"}} {
		news, _ := wire(object{"length": length})
		response, err := (&random{}).Diff(context.Background(), &pulumirpc.DiffRequest{Olds: olds, News: news})
		if err != nil || !slices.Equal(response.GetReplaces(), replaces) {
			t.Error(length, response, err)
		}
	}
}
