package fleet

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// backend keeps a state for the command line's "http" backend, in memory.
type backend struct {
	address string
	server  *http.Server

	mutex sync.Mutex
	state []byte // nil before the first write
}

// startBackend listens on this machine alone.
func startBackend() (*backend, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &backend{address: "http://" + listener.Addr().String() + "/state"}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() {
		// What goes wrong later shows in the command line that calls.
		_ = b.server.Serve(listener)
	}()
	return b, nil
}

// config is the block that sends a configuration's state here.
func (b *backend) config() string {
	return fmt.Sprintf("terraform {\n  backend \"http\" {\n    address = %q\n  }\n}\n", b.address)
}

// take returns the state and forgets it.
func (b *backend) take() ([]byte, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	state := b.state
	b.state = nil
	if state == nil {
		return nil, errors.New("no state arrived")
	}
	return state, nil
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch r.Method {
	case http.MethodGet:
		if b.state == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(b.state) // a caller that is gone needs none
	case http.MethodPost:
		state, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		b.state = state
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (b *backend) close() { _ = b.server.Close() }
