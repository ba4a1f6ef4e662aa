// A fake of stalwart-cli for the fake of Stalwart (tests/rig/fakes/stalwart): `apply --file PLAN`.
//
// Like the real one it tries once, wants a folder for its cache, asks for the schema first, and ends with 1 and the
// server's words when something is refused.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	fmt.Println("NOTE: a fake of stalwart-cli")
	if err := apply(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func apply() error {
	if len(os.Args) != 4 || os.Args[1] != "apply" || os.Args[2] != "--file" {
		return errors.New("usage: stalwart-cli apply --file PLAN")
	}
	plan, err := os.ReadFile(os.Args[3])
	if err != nil {
		return err
	}
	if err := os.MkdirAll(os.Getenv("XDG_CACHE_HOME")+"/stalwart-cli", 0o700); err != nil {
		return fmt.Errorf("cannot make the cache: %w", err)
	}
	if _, err := ask(http.MethodGet, "/api/schema", nil); err != nil {
		return err
	}
	answer, err := ask(http.MethodPost, "/api/apply", plan)
	if err == nil {
		fmt.Println(answer)
	}
	return err
}

func ask(method, path string, body []byte) (string, error) {
	url := os.Getenv("STALWART_URL") + path
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.SetBasicAuth(os.Getenv("STALWART_USER"), os.Getenv("STALWART_PASSWORD"))
	dialer := net.Dialer{Timeout: 15 * time.Second}
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: dialer.DialContext}}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("error sending request for url (%s)", url)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode >= 300 {
		return "", fmt.Errorf("%s: %s", response.Status, text)
	}
	return string(text), nil
}
