// Command plugins is a fake of Pulumi's resource plugins, for machines where the real one is neither installed nor can be
// downloaded. It is never used beside the real one: see ../../plugins.ts.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// base answers what every plugin is asked and answers alike. Where it has no answer (CheckConfig, DiffConfig, Cancel) the
// engine does the usual by itself.
type base struct {
	pulumirpc.UnimplementedResourceProviderServer
	version string
}

func (b *base) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: b.version}, nil
}

func (*base) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (*base) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func pluginFor(args []string) pulumirpc.ResourceProviderServer {
	if len(args) == 2 && args[0] == "kubernetes" {
		return &kubernetes{base: base{version: args[1]}}
	}
	if len(args) == 2 && args[0] == "random" {
		return &random{base{version: args[1]}}
	}
	return nil
}

// Serves a plugin as the engine expects one: a gRPC server whose port is the first line of standard output.
func main() {
	plugin := pluginFor(os.Args[1:])
	if plugin == nil {
		log.Fatalf("usage: %s kubernetes|random VERSION", os.Args[0])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { // the engine holds the other end: nothing else tells that it was killed
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20)) // Pulumi's own limit
	pulumirpc.RegisterResourceProviderServer(server, plugin)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}
