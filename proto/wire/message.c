#include "wire/message.h"

#include "wire/circle_text.h"
#include "wire/msg_ask.h"
#include "wire/msg_channel.h"
#include "wire/msg_close.h"
#include "wire/msg_consult.h"
#include "wire/msg_control.h"
#include "wire/msg_flow.h"
#include "wire/msg_hello.h"
#include "wire/msg_recall.h"
#include "wire/msg_receipt.h"
#include "wire/msg_records.h"
#include "wire/msg_standing.h"
#include "wire/msg_statement.h"
#include "wire/msg_subscribe.h"
#include "wire/msg_supervisor.h"
#include "wire/msg_taxii.h"
#include "wire/msg_terms.h"

struct message_info
message_info(uint8_t type)
{
	switch (type) {
#define MESSAGE_ROW(name, number, max, carriers)	\
	case number:					\
		return (struct message_info){ #name, max, carriers };
#include "wire/messages.def"
#undef MESSAGE_ROW
	default:
		return (struct message_info){ NULL, 0, 0 };
	}
}

const char *
message_name(uint8_t type)
{
	const char *name = message_info(type).name;

	return name == NULL ? "unknown" : name;
}

/* A union of everything a decoder fills: nobody looks at it. */
union decoded {
	struct msg_hello hello;
	struct msg_terms terms;
	struct circle_text circle;
	struct msg_subscribe subscribe;
	struct msg_records records;
	struct msg_receipt receipt;
	struct msg_recall recall;
	struct msg_recalled recalled;
	struct msg_statement statement;
	struct msg_statement_taken taken;
	struct msg_consult consult;
	struct msg_consult_answer consult_answer;
	struct msg_ask ask;
	struct msg_standing standing;
	struct msg_answer answer;
	struct msg_answered answered;
	struct msg_close close;
	struct msg_connected connected;
	struct msg_config config;
	struct msg_config_done config_done;
	struct msg_adopt adopt;
	struct msg_gone gone;
	struct msg_dial dial;
	struct msg_objects objects;
	struct msg_front_clients clients;
	struct msg_front_query query;
	struct msg_front_objects posted;
	struct msg_front_items items;
	struct msg_front_post post;
	struct msg_front_done done;
	struct str text;
	const uint8_t *signature;
	uint64_t number;
};

/* The messages between CERTs. */
static int
check_peer(uint8_t type, struct str payload, struct arena *a)
{
	union decoded d;

	switch (type) {
	case MESSAGE_HELLO:
		return msg_hello_decode(payload, &d.hello);
	case MESSAGE_PROVE:
		return msg_prove_decode(payload, &d.signature);
	case MESSAGE_TERMS:
		return msg_terms_decode(payload, a, &d.terms);
	case MESSAGE_CIRCLE:
		return circle_text_decode(payload, a, &d.circle);
	case MESSAGE_SUBSCRIBE:
		return msg_subscribe_decode(payload, a, &d.subscribe);
	case MESSAGE_RECORDS:
		return msg_records_decode(payload, a, &d.records);
	case MESSAGE_RECEIPT:
		return msg_receipt_decode(payload, a, &d.receipt);
	case MESSAGE_CREDIT:
		return msg_credit_decode(payload, &d.number);
	case MESSAGE_RECALL:
		return msg_recall_decode(payload, &d.recall);
	case MESSAGE_RECALLED:
		return msg_recalled_decode(payload, &d.recalled);
	case MESSAGE_STATEMENT:
		return msg_statement_decode(payload, &d.statement);
	case MESSAGE_STATEMENT_TAKEN:
		return msg_statement_taken_decode(payload, &d.taken);
	case MESSAGE_CONSULT:
		return msg_consult_decode(payload, &d.consult);
	case MESSAGE_CONSULT_ANSWER:
		return msg_consult_answer_decode(payload,
		    &d.consult_answer);
	case MESSAGE_ASK:
		return msg_ask_decode(payload, &d.ask);
	case MESSAGE_STANDING:
		return msg_standing_decode(payload, &d.standing);
	case MESSAGE_ANSWER:
		return msg_answer_decode(payload, &d.answer);
	case MESSAGE_ANSWERED:
		return msg_answered_decode(payload, &d.answered);
	case MESSAGE_PING:
	case MESSAGE_PONG:
	case MESSAGE_ASKED:
		return msg_ping_decode(payload, &d.number);
	case MESSAGE_BYE:
	case MESSAGE_ERROR:
		return msg_close_decode(payload, &d.close);
	default:
		return ERR_VALUE;
	}
}

/* Of fronts: those whose lists need room. */
static int
check_front_lists(uint8_t type, struct str payload, struct arena *a)
{
	struct taxii_lists *lists;
	union decoded d;

	switch (type) {
	case MESSAGE_FRONT_CLIENTS:
		d.clients = (struct msg_front_clients){
		    .v = arena_alloc(a, TAXII_CLIENTS_MAX *
		    sizeof(struct taxii_client)), .n = TAXII_CLIENTS_MAX };
		return d.clients.v == NULL ? ERR_LIMIT :
		    msg_front_clients_decode(payload, &d.clients);
	case MESSAGE_FRONT_QUERY:
		lists = arena_alloc(a, sizeof(*lists));
		return lists == NULL ? ERR_LIMIT :
		    msg_front_query_decode(payload, lists, &d.query);
	case MESSAGE_FRONT_OBJECTS:
		d.posted = (struct msg_front_objects){
		    .v = arena_alloc(a, TAXII_OBJECTS_MAX *
		    sizeof(struct str)), .n = TAXII_OBJECTS_MAX };
		return d.posted.v == NULL ? ERR_LIMIT :
		    msg_front_objects_decode(payload, &d.posted);
	default:
		d.items = (struct msg_front_items){
		    .v = arena_alloc(a, TAXII_ITEMS_MAX *
		    sizeof(struct taxii_item)), .n = TAXII_ITEMS_MAX };
		return d.items.v == NULL ? ERR_LIMIT :
		    msg_front_items_decode(payload, &d.items);
	}
}

static int
check_front(uint8_t type, struct str payload, struct arena *a)
{
	union decoded d;

	switch (type) {
	case MESSAGE_FRONT_POST:
		return msg_front_post_decode(payload, &d.post);
	case MESSAGE_FRONT_CANCEL:
		return msg_ping_decode(payload, &d.number);
	case MESSAGE_FRONT_DONE:
		return msg_front_done_decode(payload, &d.done);
	case MESSAGE_CLIENT_OBJECTS:
	case MESSAGE_CLIENT_PUSH:
		return msg_objects_decode(payload, a, &d.objects);
	case MESSAGE_CLIENT_STORED:
		return payload.n == 0 ? 0 : ERR_SYNTAX;
	case MESSAGE_CLIENT_START:
	case MESSAGE_CLIENT_POLLED:
	case MESSAGE_CLIENT_PUSHED:
	case MESSAGE_CLIENT_STATE:
		return 0;	/* JSON, read where it is used */
	default:
		return check_front_lists(type, payload, a);
	}
}

/* Those of our own processes. */
static int
check_own(uint8_t type, struct str payload, struct arena *a)
{
	union decoded d;

	switch (type) {
	case MESSAGE_CONNECTED:
		return msg_connected_decode(payload, &d.connected);
	case MESSAGE_CLOSED:
	case MESSAGE_CLOSE:
		return msg_close_decode(payload, &d.close);
	case MESSAGE_CONFIG:
		return msg_config_decode(payload, &d.config);
	case MESSAGE_CONFIG_DONE:
		return msg_config_done_decode(payload, &d.config_done);
	case MESSAGE_ADOPT:
		return msg_adopt_decode(payload, &d.adopt);
	case MESSAGE_GONE:
		return msg_gone_decode(payload, &d.gone);
	case MESSAGE_DIAL:
		return msg_dial_decode(payload, &d.dial);
	case MESSAGE_READY:
	case MESSAGE_STATUS:
		return msg_text_decode(payload, &d.text);
	case MESSAGE_HEARTBEAT:
	case MESSAGE_PENALTY:
	case MESSAGE_SETTLED:
		return msg_number_decode(payload, &d.number);
	case MESSAGE_CTL_FILES:
		return msg_config_decode(payload, &d.config);
	case MESSAGE_CTL_OBJECTS:
		return msg_objects_decode(payload, a, &d.objects);
	case MESSAGE_FRONT_ADOPT:
		return msg_front_adopt_decode(payload, &d.text);
	case MESSAGE_CLIENT_ADOPT:
		return msg_client_adopt_decode(payload, &d.text);
	case MESSAGE_NOTIFY:
	case MESSAGE_CTL_REQUEST:
	case MESSAGE_CTL_REPLY:
		return 0;	/* JSON, read where it is used */
	default:
		return payload.n == 0 ? 0 : ERR_SYNTAX;
	}
}

int
message_check(uint8_t type, struct str payload, struct arena *a)
{
	struct message_info info = message_info(type);

	if (info.name == NULL)
		return ERR_VALUE;
	if (payload.n > info.max_bytes)
		return ERR_LIMIT;
	if ((info.carriers & CARRIER_PEER) != 0)
		return check_peer(type, payload, a);
	if ((info.carriers & CARRIER_FRONT) != 0)
		return check_front(type, payload, a);
	return check_own(type, payload, a);
}
