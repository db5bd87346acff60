// Package relay hands messages on. See tests/syntax.rs for what the marks mean.
package relay

import (
	"context" //: import context
	"errors" //: import errors

	js "encoding/json" //: import encoding/json * as js
)

import "net/http" //: import net/http

// ErrClosed is returned after Close.
var ErrClosed = errors.New("relay: closed") //: variable ErrClosed pub doc="ErrClosed is returned"

// It is one.
var _ Store = (*queue)(nil)

// MaxSize limits messages.
const MaxSize = 1 << 20 //: constant MaxSize pub doc="MaxSize limits"

const (
	// StateNew is the first state.
	StateNew State = iota //: constant StateNew pub doc="StateNew is"
	StateOpen //: constant StateOpen pub
	low, high = 1, 2 //: constant low | constant high
)

// State of a connection.
type State int //: type State pub doc="State of a connection."

type (
	// Handler handles messages.
	Handler func(context.Context, Message) error //: type Handler pub doc="Handler handles"
	alias = State //: type alias
)

// Message is what is handed on.
type Message struct { //: struct Message pub doc="Message is what"
	ID, Topic string `json:"id"` //: attribute ID pub in=Message | attribute Topic pub in=Message
	// Body may be empty.
	Body []byte //: attribute Body pub in=Message doc="Body may be empty."
	http.Header //: attribute Header pub in=Message
	*queue[int] //: attribute queue in=Message
	State //: attribute State pub in=Message
	size int //: attribute size in=Message
}

// Store keeps messages.
type Store interface { //: interface Store pub doc="Store keeps"
	// Put adds one.
	Put(ctx context.Context, m Message) error //: method Put pub in=Store doc="Put adds one."
	Len() int //: method Len pub in=Store
}

type queue[T any] struct { //: struct queue
	items []T //: attribute items in=queue
}

func (q *queue[T]) push(item T) { //: method push in=queue
	q.items = append(q.items, item)
}

func (q queue[T]) Len() int { return len(q.items) } //: method Len pub in=queue

// Server hands messages on.
type Server struct { //: struct Server pub doc="Server hands"
	store Store //: attribute store in=Server
	waiting queue[Message] //: attribute waiting in=Server
}

// NewServer makes a server.
func NewServer(store Store) *Server { //: function NewServer pub doc="NewServer makes" to=+6
	local := "not a definition"
	//                ^ string expression in NewServer
	_ = local
	var inner int
	return &Server{store: store}
}

// ServeHTTP is for net/http.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { //: method ServeHTTP pub in=Server doc="ServeHTTP is for"
	var m Message
	if err := js.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		//              ^ expression in ServeHTTP block=-1..+2
		return
	}
	// Full: say so.
	//   ^ comment in ServeHTTP
	if len(m.Body) > MaxSize {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}
	s.waiting.push(m)
}

// Written in assembly.
func checksum(data []byte) uint32 //: function checksum doc="Written in"

func (s *Server) Close() error { //: method Close pub in=Server
	panic("not implemented")
	//         ^ string expression in Close empty
}
//: uses Server=5 Store=4 Message=5 MaxSize=2 push=2
