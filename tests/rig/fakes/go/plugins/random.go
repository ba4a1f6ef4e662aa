package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"

	"github.com/google/uuid"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

var randomTypes = regexp.MustCompile(`:Random(Password|String|Uuid)$`)

// random makes text that stays what it is until one of its inputs changes.
type random struct{ base }

func (*random) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if !randomTypes.MatchString(req.GetType()) {
		return nil, fmt.Errorf("the fake does not make %s", req.GetType())
	}
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

func (*random) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, wanted := plainMap(req.GetOlds()), plainMap(req.GetNews())
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	for key, value := range wanted {
		if !reflect.DeepEqual(value, old[key]) {
			response.Changes = pulumirpc.DiffResponse_DIFF_SOME
			response.Replaces = append(response.Replaces, key)
		}
	}
	return response, nil
}

func (*random) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, nil
	}
	id := uuid.NewString()
	if !strings.HasSuffix(req.GetType(), ":RandomUuid") {
		var err error
		if id, err = generate(plainMap(req.GetProperties())); err != nil {
			return nil, err
		}
	}
	state := req.GetProperties().AsMap()
	state["result"] = id
	if strings.HasSuffix(req.GetType(), ":RandomPassword") {
		state["result"], id = secret(id), "none"
	}
	properties, err := wire(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

func (*random) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
}

func (*random) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func generate(inputs object) (string, error) {
	special, given := inputs["overrideSpecial"].(string)
	if !given {
		special = "!@#$%&*()-_=+[]{}<>:?"
	}
	var alphabet []rune
	for _, set := range []struct{ input, characters string }{
		{"lower", "abcdefghijklmnopqrstuvwxyz"},
		{"upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"numeric", "0123456789"},
		{"special", special},
	} {
		if inputs[set.input] != false {
			alphabet = append(alphabet, []rune(set.characters)...)
		}
	}
	if len(alphabet) == 0 {
		return "", errors.New("there are no characters to choose from")
	}
	text := ""
	for range int(at[float64](inputs, "length")) {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", err
		}
		text += string(alphabet[n.Int64()])
	}
	return text, nil
}
