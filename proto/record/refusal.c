#include "record/stix.h"

static const struct {
	const char *name, *text;
} refusals[] = {
#define REFUSAL_ROW(id, number, name, text) [number] = { name, text },
#include "record/refusal.def"
#undef REFUSAL_ROW
};

const char *
refusal_name(int refusal)
{
	if (refusal < 0 || (size_t)refusal >= NELEM(refusals) ||
	    refusals[refusal].name == NULL)
		return "unknown";
	return refusals[refusal].name;
}

const char *
refusal_text(int refusal)
{
	if (refusal < 0 || (size_t)refusal >= NELEM(refusals) ||
	    refusals[refusal].text == NULL)
		return "a reason this version does not know";
	return refusals[refusal].text;
}
