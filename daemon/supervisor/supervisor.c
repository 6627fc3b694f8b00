#include "supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/file_set.h"
#include "host/clock.h"
#include "host/log.h"
#include "host/notify.h"
#include "net/channel.h"
#include "net/listener.h"
#include "net/timer.h"
#include "supervisor/admission.h"
#include "supervisor/clients.h"
#include "supervisor/fronts.h"
#include "supervisor/lists.h"
#include "supervisor/start.h"
#include "supervisor/tell.h"
#include "wire/msg_flow.h"
#include "wire/msg_supervisor.h"

#define CONFIG_PIECE (512 << 10)
#define VAULT_ENDS_MAX 3	/* within a minute */
#define STOP_MS SEC(10)		/* for the vault to drain */
#define LINGER_MS SEC(3)	/* then for sessions, and the vault to close */
#define HEARTBEAT_MS SEC(5)
#define HEARTBEAT_DEAD_MS SEC(120)

struct child {
	pid_t pid;
	uint64_t number;
	struct admission_key key;
	bool inbound, proved;
};

struct supervisor {
	const struct settings *settings;	/* borrowed */
	struct settings limits;			/* as of the last reload */
	const struct supervisor_paths *paths;	/* borrowed */
	struct loop *loop;			/* owned */
	struct channel *vault;			/* owned; NULL: not running */
	pid_t vault_pid;
	VEC(struct listener *) listeners;	/* owned */
	VEC(struct child) children;
	struct admission *admission;		/* owned */
	struct timer *beat, *stop, *put_down;	/* owned */
	struct tell *tell;			/* owned */
	struct fronts *fronts;			/* owned */
	struct clients *clients;	/* owned */
	struct buf sent;		/* the file set the vault looks at */
	struct buf config;		/* the last one it took */
	bool sending;			/* it has not answered for it yet */
	bool reload_signal, reload_asked;	/* another one, after it */
	mono_ms_t last_beat, ends[VAULT_ENDS_MAX];
	uint64_t next_number;
	char user[64];			/* the last caller's name */
	uid_t user_id;
	bool user_known;
	bool configured, stopping, stopped;
	int exit_code;
};

static void on_vault_frame(void *arg, const struct frame *f, int fd);
static void on_vault_closed(void *arg, int code);

static void
supervisor_exit(struct supervisor *s, int code)
{
	if (s->exit_code == 0)
		s->exit_code = code;
	loop_stop(s->loop);
}

/* ---- the vault ---- */

/* Pid 0 would be everybody of our group. */
static void
kill_vault(const struct supervisor *s)
{
	if (s->vault_pid > 0)
		(void)kill(s->vault_pid, SIGKILL);
}

static void
send_pieces(struct supervisor *s, enum config_cause cause)
{
	AUTO_BUF struct buf out = { 0 };
	size_t at = 0;

	do {
		size_t n = s->sent.n - at < CONFIG_PIECE ? s->sent.n - at :
		    CONFIG_PIECE;
		struct msg_config m = { .cause = cause,
		    .last = at + n == s->sent.n,
		    .bytes = { s->sent.p + at, n } };

		buf_reset(&out);
		msg_config_encode(&m, &out);
		channel_send(s->vault, MESSAGE_CONFIG, buf_str(&out));
		at += n;
	} while (at < s->sent.n);
}

/*
 * Send the configuration directory as it is now; to a vault that was
 * started again, what was in force, whatever the directory holds by now.
 */
static int
send_config(struct supervisor *s, enum config_cause cause, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();

	if (cause == CONFIG_START && s->config.n > 0) {
		buf_reset(&s->sent);
		buf_add(&s->sent, s->config.p, s->config.n);
	} else {
		TRY(file_set_read_dir(files, s->paths->config_dir, e));
		buf_reset(&s->sent);
		file_set_encode(files, &s->sent);
	}
	lists_send(s->vault, s->paths->config_dir, buf_str(&s->sent));
	send_pieces(s, cause);
	s->sending = true;
	return 0;
}

/* It ended.  May it be started again, or has it failed too often? */
static bool
start_allowed(struct supervisor *s)
{
	mono_ms_t now = clock_mono();

	for (int i = 0; i + 1 < VAULT_ENDS_MAX; i++)
		s->ends[i] = s->ends[i + 1];
	s->ends[VAULT_ENDS_MAX - 1] = now;
	return s->ends[0].ms == 0 || now.ms - s->ends[0].ms > MINUTE(1);
}

static int
start_vault(struct supervisor *s, struct err *e)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_SUPERVISOR, .frame = on_vault_frame,
		.closed = on_vault_closed,
	};
	char key[4200];
	char *argv[] = { "comity-vault", "--state",
	    (char *)(uintptr_t)s->paths->state_dir, "--identity-key", key,
	    "--cert-id", (char *)(uintptr_t)s->settings->cert_id, NULL };
	struct spawn_fds fds = { .n = 1 };
	int pair[2], rc;

	snprintf(key, sizeof(key), "%s/identity.key", s->paths->state_dir);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(e, ERR_SYSTEM, "socketpair: %s",
		    strerror(errno));
	fds.v[0] = pair[1];
	rc = spawn(s->paths->vault, argv, &fds, &s->vault_pid);
	close(pair[1]);
	if (rc != 0) {
		close(pair[0]);
		return err_set(e, rc, "%s: cannot be started: %s",
		    s->paths->vault, strerror(errno));
	}
	s->vault = channel_new(s->loop, pair[0], &handler, s);
	s->last_beat = clock_mono();
	s->configured = s->reload_asked = false;
	return send_config(s, CONFIG_START, e);
}

/* End every session: their vault is gone, or they had their time. */
static void
end_sessions(struct supervisor *s)
{
	for (size_t i = 0; i < s->children.n; i++)
		(void)kill(s->children.v[i].pid, SIGKILL);
}

static void
restart_vault(struct supervisor *s)
{
	struct err e;

	fronts_halt(s->fronts);
	clients_halt(s->clients);
	channel_free(s->vault);
	s->vault = NULL;
	end_sessions(s);
	if (!start_allowed(s)) {
		log_error("vault-fails", "action=exit text=\"it ended three "
		    "times within a minute\"");
		supervisor_exit(s, SUPERVISOR_INTERNAL);
		return;
	}
	if (start_vault(s, &e) != 0) {
		log_error("vault-start", "error=\"%s\"", e.text);
		supervisor_exit(s, SUPERVISOR_INTERNAL);
	}
}

static void
on_vault_exit(struct supervisor *s, int status)
{
	s->vault_pid = 0;
	timer_cancel(s->put_down);
	if (s->stopping) {
		supervisor_exit(s, s->stopped ? 0 : SUPERVISOR_INTERNAL);
		return;
	}
	if (WIFEXITED(status) && (WEXITSTATUS(status) == SUPERVISOR_CONF ||
	    WEXITSTATUS(status) == SUPERVISOR_IO)) {
		supervisor_exit(s, WEXITSTATUS(status));
		return;
	}
	log_error("vault-ended", "status=%d signal=%d action=restart",
	    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	restart_vault(s);
}

static void
on_vault_closed(void *arg, int code)
{
	struct supervisor *s = arg;

	/*
	 * It closes its store and ends with an exit code that says why;
	 * SIGCHLD brings that.  A vault that only closed is put down.
	 */
	(void)code;
	timer_arm_ms(s->put_down, LINGER_MS);
}

static void
on_put_down(void *arg)
{
	kill_vault(arg);
}

/* ---- sessions ---- */

static int
open_state(const struct supervisor *s, const char *name)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s", s->paths->state_dir, name);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* Start comity-session and give the vault its end of the channel. */
static int
start_session(struct supervisor *s, const struct msg_adopt *adopt,
    int peer_fd, struct child *child)
{
	const struct settings_limits *l = &s->limits.limits;
	char address[400], handshake[24], proof[24], pause[24];
	char *argv[] = { "comity-session", adopt->what == ADOPT_DIAL ?
	    "--dial" : "--listen", address, handshake, proof, pause,
	    s->settings->landlock ? "1" : "0", NULL };
	AUTO_BUF struct buf out = { 0 };
	struct spawn_fds fds = { .n = 4 };
	int pair[2], rc;

	snprintf(address, sizeof(address), "%.*s", (int)adopt->address.n,
	    adopt->address.p);
	snprintf(handshake, sizeof(handshake), "%lld",
	    (long long)l->handshake_ms);
	snprintf(proof, sizeof(proof), "%lld", (long long)l->proof_ms);
	snprintf(pause, sizeof(pause), "%lld",
	    (long long)l->output_pause_bytes);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_SYSTEM;
	fds.v[0] = pair[1];
	fds.v[1] = peer_fd;
	fds.v[2] = open_state(s, "tls.crt");
	fds.v[3] = open_state(s, "tls.key");
	rc = fds.v[2] < 0 || fds.v[3] < 0 ? ERR_IO :
	    spawn(s->paths->session, argv, &fds, &child->pid);
	for (int i = 2; i < 4; i++)
		if (fds.v[i] >= 0)
			close(fds.v[i]);
	close(pair[1]);
	if (rc != 0) {
		close(pair[0]);
		return rc;
	}
	child->number = adopt->number;
	vec_push(&s->children, *child);
	msg_adopt_encode(adopt, &out);
	channel_send_fd(s->vault, MESSAGE_ADOPT, buf_str(&out), pair[0]);
	return 0;
}

static void
tell_gone(struct supervisor *s, uint64_t number, int status)
{
	AUTO_BUF struct buf out = { 0 };

	msg_gone_encode(&(struct msg_gone){ number, (uint32_t)status },
	    &out);
	if (s->vault != NULL)
		channel_send(s->vault, MESSAGE_GONE, buf_str(&out));
}

static void
on_peer_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	struct supervisor *s = arg;
	struct admission_question q = { &s->limits.limits,
	    admission_key((const struct sockaddr *)from), clock_mono() };
	struct child child = { .key = q.key, .inbound = true };
	char address[320];
	struct msg_adopt m = { .what = ADOPT_LISTEN,
	    .number = s->next_number++, .cert_id = STR(""),
	    .address = str_of(sockets_address(from, address)) };

	if (s->vault == NULL || !s->configured || s->stopping ||
	    !admission_ask(s->admission, &q)) {
		log_info("session-refused", "address=%s", address);
		close(fd);
		return;
	}
	if (start_session(s, &m, fd, &child) != 0) {
		log_error("session-start", "error=\"%s\"", strerror(errno));
		admission_gone(s->admission, &q.key);
	}
	close(fd);
}

/*
 * The name of a Unix user, or "": the vault cannot look it up.  The last
 * one is kept, since a directory service may take its time.
 */
static const char *
user_name(struct supervisor *s, uid_t uid)
{
	const struct passwd *pw;

	if (s->user_known && s->user_id == uid)
		return s->user;
	pw = getpwuid(uid);
	(void)snprintf(s->user, sizeof(s->user), "%s",
	    pw == NULL || strlen(pw->pw_name) >= sizeof(s->user) ? "" :
	    pw->pw_name);
	s->user_id = uid;
	s->user_known = true;
	return s->user;
}

static void
on_control_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	struct supervisor *s = arg;
	struct ucred who = { 0 };
	socklen_t n = sizeof(who);
	struct msg_adopt m = { .what = ADOPT_CONTROL,
	    .number = s->next_number++, .cert_id = STR(""),
	    .address = STR("") };
	AUTO_BUF struct buf out = { 0 };

	(void)from;
	if (s->vault == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERCRED,
	    &who, &n) != 0) {
		close(fd);
		return;
	}
	m.uid = who.uid;
	m.address = str_of(user_name(s, who.uid));
	m.gid = who.gid;
	m.pid = (uint32_t)who.pid;
	msg_adopt_encode(&m, &out);
	channel_send_fd(s->vault, MESSAGE_ADOPT, buf_str(&out), fd);
}

static int
vault_dials(struct supervisor *s, struct str payload)
{
	struct child child = { .inbound = false };
	struct msg_dial m;

	TRY(msg_dial_decode(payload, &m));
	if (start_session(s, &(struct msg_adopt){ .what = ADOPT_DIAL,
	    .number = m.number, .cert_id = m.cert_id,
	    .address = m.address }, -1, &child) != 0) {
		log_error("session-start", "error=\"%s\"", strerror(errno));
		tell_gone(s, m.number, 0);
	}
	return 0;
}

static int
vault_proved(struct supervisor *s, struct str payload)
{
	uint64_t number;

	TRY(msg_number_decode(payload, &number));
	for (size_t i = 0; i < s->children.n; i++) {
		struct child *c = &s->children.v[i];

		if (c->number == number && c->inbound && !c->proved) {
			c->proved = true;
			admission_proved(s->admission, &c->key);
		}
	}
	return 0;
}

static int
vault_penalises(struct supervisor *s, struct str payload)
{
	struct admission_question q = { .limits = &s->limits.limits,
	    .now = clock_mono() };
	uint64_t number;

	TRY(msg_number_decode(payload, &number));
	for (size_t i = 0; i < s->children.n; i++)
		if (s->children.v[i].number == number &&
		    s->children.v[i].inbound) {
			q.key = s->children.v[i].key;
			admission_penalty(s->admission, &q);
		}
	return 0;
}

/* All is said: is everybody gone? */
static void
exit_if_alone(struct supervisor *s)
{
	if (s->stopped && s->children.n == 0 && fronts_are_gone(s->fronts) &&
	    clients_are_gone(s->clients))
		supervisor_exit(s, 0);
}

/* ---- what the vault says ---- */

/*
 * One set of files is with the vault at a time; a reload asked for meanwhile
 * reads the files again afterwards, since they may have changed since.
 */
static void
request_reload(struct supervisor *s, enum config_cause cause)
{
	AUTO_BUF struct buf out = { 0 };
	struct err e;

	if (s->sending) {
		s->reload_signal |= cause == CONFIG_SIGNAL;
		s->reload_asked |= cause == CONFIG_ASKED;
		return;
	}
	notify_reloading();
	if (s->vault == NULL || send_config(s, cause, &e) == 0)
		return;
	log_error("reload", "error=\"%s\"", e.text);
	notify_ready(e.text);
	if (cause != CONFIG_ASKED)
		return;
	/* Whoever asked the vault for it hears why. */
	msg_config_done_encode(&(struct msg_config_done){ false,
	    str_of(e.text) }, &out);
	channel_send(s->vault, MESSAGE_CONFIG_DONE, buf_str(&out));
}

/* What was asked for while the vault looked at the last set. */
static void
reload_again(struct supervisor *s)
{
	bool asked = s->reload_asked, by_signal = s->reload_signal;

	s->reload_asked = s->reload_signal = false;
	if (by_signal)
		request_reload(s, CONFIG_SIGNAL);
	if (asked)
		request_reload(s, CONFIG_ASKED);
}

/* What the vault took is in force here too: limits, logging, fronts. */
static void
take_config(struct supervisor *s)
{
	AUTO(file_set_free) struct file_set *files = NULL;
	struct settings fresh;
	struct str text;
	struct err e;

	buf_reset(&s->config);
	buf_add(&s->config, s->sent.p, s->sent.n);
	files = file_set_decode(buf_str(&s->config), &e);
	if (files == NULL ||
	    file_set_get(files, STR(SETTINGS_FILE), &text) != 0 ||
	    settings_parse(SETTINGS_FILE, text, &fresh, &e) != 0)
		return;
	s->limits = fresh;
	s->user_known = false;
	log_set_level((enum log_level)fresh.log_level);
	log_set_rate((unsigned)fresh.limits.log_lines_per_minute);
	log_inherit();
	tell_configured(&s->limits);
	fronts_run(s->fronts, &s->limits, s->vault);
	if (!s->stopping)
		clients_run(s->clients, &s->limits, s->vault);
}

static int
vault_config_done(struct supervisor *s, struct str payload)
{
	struct msg_config_done m;

	TRY(msg_config_done_decode(payload, &m));
	if (!m.ok)
		log_error("configuration", "error=\"%.*s\"", (int)m.text.n,
		    m.text.p);
	if (m.ok)
		take_config(s);
	if (m.ok && !s->configured)
		log_notice("ready", "state=%s", s->paths->state_dir);
	s->configured = s->configured || m.ok;
	if (s->configured)
		notify_ready(m.ok ? "running" : "running; the last reload "
		    "was refused");
	s->sending = false;
	reload_again(s);
	return 0;
}

static int
vault_status(struct str payload)
{
	AUTO_BUF struct buf line = { 0 };
	struct str text;

	TRY(msg_text_decode(payload, &text));
	buf_add(&line, text.p, text.n);
	notify_status(line.p);
	return 0;
}

static int
vault_says(struct supervisor *s, const struct frame *f)
{
	switch (f->type) {
	case MESSAGE_CONFIG_DONE:
		return vault_config_done(s, f->payload);
	case MESSAGE_DIAL:
		return vault_dials(s, f->payload);
	case MESSAGE_SETTLED:
		return vault_proved(s, f->payload);
	case MESSAGE_PENALTY:
		return vault_penalises(s, f->payload);
	case MESSAGE_RELOAD:
		request_reload(s, CONFIG_ASKED);
		return 0;
	case MESSAGE_NOTIFY:
		tell_people(s->tell, f->payload);
		return 0;
	case MESSAGE_HEARTBEAT:
		s->last_beat = clock_mono();
		return 0;
	case MESSAGE_READY:
	case MESSAGE_STATUS:
		return vault_status(f->payload);
	case MESSAGE_STOPPED:
		/* Sessions and fronts still say good-bye. */
		s->stopped = true;
		timer_arm_ms(s->stop, LINGER_MS);
		exit_if_alone(s);
		return 0;
	default:
		return ERR_ORDER;
	}
}

static void
on_vault_frame(void *arg, const struct frame *f, int fd)
{
	struct supervisor *s = arg;
	int rc;

	if (fd >= 0)
		close(fd);
	rc = vault_says(s, f);
	if (rc < 0) {
		log_error("vault-message", "type=%s error=%s",
		    message_name(f->type), err_name(rc));
		kill_vault(s);
	}
}

/* ---- signals and time ---- */

static void
child_ended(struct supervisor *s, pid_t pid, int status)
{
	for (size_t i = 0; i < s->children.n; i++) {
		struct child c = s->children.v[i];

		if (c.pid != pid)
			continue;
		s->children.v[i] = s->children.v[--s->children.n];
		if (c.inbound && !c.proved)
			admission_gone(s->admission, &c.key);
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
		    WTERMSIG(status) != SIGALRM)
			log_warning("session-ended", "signal=%d",
			    WTERMSIG(status));
		tell_gone(s, c.number, status);
		return;
	}
}

static void
on_sigchld(void *arg)
{
	struct supervisor *s = arg;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->vault_pid)
			on_vault_exit(s, status);
		else if (!tell_ended(s->tell, pid, status) &&
		    !fronts_ended(s->fronts, pid, status) &&
		    !clients_ended(s->clients, pid, status))
			child_ended(s, pid, status);
	}
	exit_if_alone(s);
}

static void
on_sighup(void *arg)
{
	request_reload(arg, CONFIG_SIGNAL);
}

static void
on_sigterm(void *arg)
{
	struct supervisor *s = arg;

	if (s->stopping) {	/* asked twice: now */
		supervisor_exit(s, 0);
		return;
	}
	s->stopping = true;
	notify_stopping();
	for (size_t i = 0; i < s->listeners.n; i++)
		listener_free(s->listeners.v[i]);
	s->listeners.n = 0;
	fronts_drain(s->fronts);
	clients_halt(s->clients);
	timer_arm_ms(s->stop, STOP_MS);
	if (s->vault != NULL)
		channel_send(s->vault, MESSAGE_STOP, STR(""));
	else
		supervisor_exit(s, 0);
}

static void
on_stop_timeout(void *arg)
{
	struct supervisor *s = arg;

	if (!s->stopped)
		log_error("stop-timeout", "ms=%lld action=kill",
		    (long long)STOP_MS);
	supervisor_exit(s, s->stopped ? 0 : SUPERVISOR_INTERNAL);
}

/* Feed the service manager's watchdog only while the vault answers. */
static void
on_beat(void *arg)
{
	struct supervisor *s = arg;
	AUTO_BUF struct buf out = { 0 };
	int64_t silent = clock_mono().ms - s->last_beat.ms;

	timer_arm_ms(s->beat, HEARTBEAT_MS);
	if (s->vault == NULL)
		return;
	if (silent < 2 * HEARTBEAT_MS)
		notify_watchdog();
	if (s->configured && silent > HEARTBEAT_DEAD_MS) {
		log_error("vault-silent", "action=kill");
		kill_vault(s);
		return;
	}
	msg_number_encode((uint64_t)clock_mono().ms, &out);
	channel_send(s->vault, MESSAGE_HEARTBEAT, buf_str(&out));
}

/* ---- life ---- */

static void
supervisor_listen(struct supervisor *s,
    const struct supervisor_sockets *sockets)
{
	for (size_t i = 0; i < sockets->n; i++)
		vec_push(&s->listeners, listener_new(s->loop, sockets->v[i],
		    i + 1 == sockets->n ? on_control_accepted :
		    on_peer_accepted, s));
}

/* The vault closes its store once its channel is closed. */
static void
wait_for_vault(const struct supervisor *s)
{
	static const struct timespec step = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < LINGER_MS; ms += 10) {
		if (waitpid(s->vault_pid, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&step, NULL);
	}
	(void)kill(s->vault_pid, SIGKILL);
	(void)waitpid(s->vault_pid, NULL, 0);
}

/* Nothing that was started here outlives it. */
static void
supervisor_tear_down(struct supervisor *s)
{
	for (size_t i = 0; i < s->listeners.n; i++)
		listener_free(s->listeners.v[i]);
	vec_clear(&s->listeners);
	end_sessions(s);
	fronts_free(s->fronts);
	clients_free(s->clients);
	channel_free(s->vault);
	if (s->vault_pid > 0)
		wait_for_vault(s);
	buf_clear(&s->sent);
	buf_clear(&s->config);
	vec_clear(&s->children);
	timer_free(s->beat);
	timer_free(s->stop);
	timer_free(s->put_down);
	tell_free(s->tell);
	admission_free(s->admission);
	loop_free(s->loop);
	(void)unlink(s->paths->control_socket);
}

int
supervisor_run(const struct settings *settings,
    const struct supervisor_paths *paths,
    const struct supervisor_sockets *sockets)
{
	struct supervisor s = { .settings = settings, .limits = *settings,
	    .paths = paths, .next_number = 1 };
	struct err e;

	s.loop = loop_new();
	s.admission = admission_new();
	s.beat = timer_new(s.loop, on_beat, &s);
	s.stop = timer_new(s.loop, on_stop_timeout, &s);
	s.put_down = timer_new(s.loop, on_put_down, &s);
	s.tell = tell_new(s.loop, &s.limits);
	s.fronts = fronts_new(s.loop, paths, settings, sockets);
	s.clients = clients_new(s.loop, paths);
	loop_signal(s.loop, SIGCHLD, on_sigchld, &s);
	loop_signal(s.loop, SIGHUP, on_sighup, &s);
	loop_signal(s.loop, SIGTERM, on_sigterm, &s);
	loop_signal(s.loop, SIGINT, on_sigterm, &s);
	supervisor_listen(&s, sockets);
	if (start_vault(&s, &e) != 0) {
		log_error("start", "error=\"%s\"", e.text);
		s.exit_code = e.code == ERR_SYSTEM ? SUPERVISOR_INTERNAL :
		    SUPERVISOR_CONF;
	} else {
		timer_arm_ms(s.beat, HEARTBEAT_MS);
		loop_run(s.loop);
	}
	supervisor_tear_down(&s);
	return s.exit_code;
}
