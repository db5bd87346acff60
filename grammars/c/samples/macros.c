// What does not parse without the preprocessor. See tests/samples.rs for what the marks mean.

#ifdef _WIN32
#define RING_API __declspec(dllexport) //: macro RING_API pub
#endif

RING_API struct slot *ring_slots(int count); //: function ring_slots pub
RING_API const char *ring_name(void); //: function ring_name pub

// The parser loses the function, whose braces do not match, but takes nothing inside for part of the file.
int ring_drain(int limit)
{
#ifdef FAST
	if (limit > 8) {
#else
	if (limit > 4) {
#endif
		ring_slots(limit);
	}
	if (limit > 2) {
		int rest = limit - 2;
		ring_slots(rest);
	}
	for (int at = 0; at < limit; at++) {
		int slot = at * 2;
		ring_slots(slot);
	}
	return limit;
}

static const int steps[4] __attribute__((aligned(8))) = { 1, 2, 3, 4 }; //: variable steps pub
static int drained = 0; //: variable drained pub

int ring_flush(void) //: function ring_flush pub
{
	int local = ring_drain(drained);
	return local;
}
//: uses ring_slots=4 drained=2
