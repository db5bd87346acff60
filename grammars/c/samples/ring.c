// A ring buffer. See tests/syntax.rs for what the marks mean.
#include <stdio.h> //: import stdio.h
#include "ring.h" //: import ring.h

#define RING_SIZE 64 //: macro RING_SIZE pub
#define MIN(a, b) ((a) < (b) ? (a) : (b)) //: macro MIN pub

/* One slot of the ring. */
struct slot { //: struct slot pub doc="One slot"
	int value; //: attribute value pub in=slot
	struct slot *next, *previous; //: attribute next pub in=slot | attribute previous pub in=slot
	char name[16]; //: attribute name pub in=slot
	int (*compare)(const struct slot *); //: attribute compare pub in=slot
	unsigned dirty : 1; //: attribute dirty pub in=slot
	char **lines, *words[4], grid[2][3]; //: attribute lines pub in=slot | attribute words pub in=slot | attribute grid pub in=slot
	void *(*allocate)(unsigned), (*steps[2])(int); //: attribute allocate pub in=slot | attribute steps pub in=slot
};

struct forward;

/* How a push ended. */
enum outcome { //: enum outcome pub doc="How a push ended."
	PUSHED, //: variant PUSHED pub in=outcome
	FULL = 3, //: variant FULL pub in=outcome
};

typedef struct ring { //: struct ring pub
	struct slot slots[RING_SIZE]; //: attribute slots pub in=ring
	int head, tail; //: attribute head pub in=ring | attribute tail pub in=ring
} ring_t; //: type ring_t pub

typedef struct {
	int reads; //: attribute reads pub in=stats_t
} stats_t; //: struct stats_t pub

typedef enum { EMPTY, SOME } fill_t; //: enum fill_t pub | variant EMPTY pub in=fill_t | variant SOME pub in=fill_t
typedef int (*visit_fn)(struct slot *, void *); //: type visit_fn pub
typedef unsigned long word_t; //: type word_t pub
typedef int pair_t[2], grid_t[2][2]; //: type pair_t pub | type grid_t pub
typedef void *(*allocate_fn)(unsigned); //: type allocate_fn pub
typedef int compare_fn(int, int); //: type compare_fn pub
typedef int (measure_fn)(int); //: type measure_fn pub
typedef struct { int at; } mark_t, *mark_p; //: struct mark_t pub | attribute at pub in=mark_t | type mark_p pub

union number { //: struct number pub
	long whole; //: attribute whole pub in=number
	double part; //: attribute part pub in=number
};

static int pushes = 0, failures; //: variable pushes pub | variable failures pub
const char *const labels[] = { "pushed", "full" }; //: variable labels pub
extern ring_t *current; //: variable current pub
extern char **names, grid[2][3]; //: variable names pub | variable grid pub
static void (*on_push)(int) = 0, *(*on_pop)(int); //: variable on_push pub | variable on_pop pub

/* Declared in ring.h as well. */
int ring_push(ring_t *ring, int value); //: function ring_push pub doc="Declared in"

static inline int next_of(int at) //: function next_of pub
{
	return (at + 1) % RING_SIZE;
}

/*
 * Adds a value.
 */
int ring_push(ring_t *ring, int value) //: function ring_push pub doc="Adds a value." to=+13
{
	int next = next_of(ring->tail);
	//                        ^ expression in ring_push block=-1..+10
	if (next == ring->head) {
		failures++;
		return FULL;
		//     ^ expression in ring_push block=-2..+1
	}
	/* The slot is free. */
	//       ^ comment in ring_push
	ring->slots[ring->tail].value = MIN(value, RING_SIZE);
	return PUSHED;
}

const char *label_of(enum outcome outcome) //: function label_of pub
{
	const char *label = labels[outcome];
	printf("outcome %s\n", label);
	//         ^ string expression in label_of
	return label;
}

void ring_each(ring_t *ring, visit_fn visit) //: function ring_each pub
{
	// ^ comment in ring_each empty
}
//: uses RING_SIZE=4 ring_push=2 next_of=2 FULL=2 labels=2
