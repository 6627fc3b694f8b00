#include "host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <seccomp.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* No role but the supervisor makes programs, sockets or privileges. */
static const int refused_to_all[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(listen),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kill),
	SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(process_madvise),
	SCMP_SYS(process_mrelease), SCMP_SYS(kcmp), SCMP_SYS(move_pages),
	SCMP_SYS(migrate_pages), SCMP_SYS(setpriority),
	SCMP_SYS(sched_setscheduler), SCMP_SYS(personality),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid),
	SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
	SCMP_SYS(capset), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
	SCMP_SYS(fsmount), SCMP_SYS(mount_setattr), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(unshare),
	SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(syslog),
	SCMP_SYS(fanotify_init), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
	SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(fork), SCMP_SYS(vfork),
};

/* Only a client of servers connects; to look up names it uses netlink. */
static const int refused_unless_client[] = {
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
};

/* Only a front takes connections. */
static const int refused_unless_front[] = {
	SCMP_SYS(accept), SCMP_SYS(accept4),
};

/* LeakSanitizer traces its own process at exit: not refused in its builds. */
static const int refused_unless_sanitized[] = {
	SCMP_SYS(ptrace),
};

/* A client looks up names in a thread. */
static const int refused_unless_threads[] = {
	SCMP_SYS(clone), SCMP_SYS(clone3),
};

/* Sessions and fronts have all their files before they start. */
static const int refused_without_files[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2),
};

/* And none of them changes any. */
static const int refused_without_changes[] = {
	SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(chmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(link),
	SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat),
	SCMP_SYS(rmdir), SCMP_SYS(fchownat), SCMP_SYS(lchown),
	SCMP_SYS(truncate), SCMP_SYS(chdir), SCMP_SYS(fchdir),
	SCMP_SYS(memfd_create), SCMP_SYS(inotify_init1),
};

/* What the supervisor has no use for, nor what it starts. */
static const int refused_to_supervisor[] = {
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
	SCMP_SYS(fsopen), SCMP_SYS(fsmount), SCMP_SYS(mount_setattr),
	SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(unshare),
	SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime),
	SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key),
};

static int
refuse_calls(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i],
		    0) != 0)
			return ERR_SYSTEM;
	return 0;
}

/* A process may signal itself (abort(3) does) and see its own limits (0). */
static int
refuse_to_others(scmp_filter_ctx ctx)
{
	scmp_datum_t own = (scmp_datum_t)getpid();

	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
	    SCMP_A0_32(SCMP_CMP_NE, own)) != 0)
		return ERR_SYSTEM;
	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64),
	    1, SCMP_A0_32(SCMP_CMP_NE, 0)) != 0)
		return ERR_SYSTEM;
	return 0;
}

static int
filter_rules(scmp_filter_ctx ctx, enum confine_role role)
{
	if (role == CONFINE_SUPERVISOR)
		return refuse_calls(ctx, refused_to_supervisor,
		    NELEM(refused_to_supervisor));
	TRY(refuse_to_others(ctx));
	TRY(refuse_calls(ctx, refused_to_all, NELEM(refused_to_all)));
	if (!SANITIZED)
		TRY(refuse_calls(ctx, refused_unless_sanitized,
		    NELEM(refused_unless_sanitized)));
	if (role != CONFINE_CLIENT)
		TRY(refuse_calls(ctx, refused_unless_client,
		    NELEM(refused_unless_client)));
	if (role != CONFINE_CLIENT && !SANITIZED)
		TRY(refuse_calls(ctx, refused_unless_threads,
		    NELEM(refused_unless_threads)));
	if (role != CONFINE_FRONT)
		TRY(refuse_calls(ctx, refused_unless_front,
		    NELEM(refused_unless_front)));
	if (role != CONFINE_VAULT && role != CONFINE_CLIENT && !SANITIZED)
		TRY(refuse_calls(ctx, refused_without_files,
		    NELEM(refused_without_files)));
	if (role != CONFINE_VAULT && !SANITIZED)
		TRY(refuse_calls(ctx, refused_without_changes,
		    NELEM(refused_without_changes)));
	return 0;
}

static int
confine_calls(enum confine_role role, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc, loaded = 0;

	if (ctx == NULL)
		return err_set(e, ERR_SYSTEM, "seccomp_init failed");
	rc = filter_rules(ctx, role);
	if (rc == 0)
		loaded = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0)
		return err_set(e, rc, "the seccomp filter cannot be built");
	return loaded == 0 ? 0 : err_set(e, ERR_SYSTEM,
	    "the kernel does not take the seccomp filter: %s",
	    strerror(-loaded));
}

/* What ABI 1 knows (Linux 5.13); later kernels know it too. */
#define LANDLOCK_FILES (LANDLOCK_ACCESS_FS_EXECUTE |			\
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |	\
	LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |	\
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |	\
	LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |	\
	LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |	\
	LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define LANDLOCK_STORE (LANDLOCK_ACCESS_FS_WRITE_FILE |			\
	LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |	\
	LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

#define LANDLOCK_READ (LANDLOCK_ACCESS_FS_READ_FILE |			\
	LANDLOCK_ACCESS_FS_READ_DIR)

/* What it takes to look up names and to know whom the system trusts. */
static const struct {
	const char *path;
	uint64_t access;
} client_files[] = {
	{ "/etc/resolv.conf", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/hosts", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/host.conf", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/gai.conf", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/nsswitch.conf", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/services", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/localtime", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE },
	{ "/etc/ssl", LANDLOCK_READ },
	{ "/lib", LANDLOCK_READ },
	{ "/lib64", LANDLOCK_READ },
	{ "/usr/lib", LANDLOCK_READ },
	{ "/usr/share/ca-certificates", LANDLOCK_READ },
	{ "/usr/local/share/ca-certificates", LANDLOCK_READ },
	{ "/run/systemd/resolve", LANDLOCK_READ },
	{ "/run/resolvconf", LANDLOCK_READ },
	{ "/run/NetworkManager", LANDLOCK_READ },
};

static int
landlock_allow(int ruleset, const char *dir, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = access };
	long rc;

	beneath.parent_fd = open(dir, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return -1;
	rc = syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
	return rc == 0 ? 0 : -1;
}

static int
confine_files(const struct confine_options *o, struct err *e)
{
	struct landlock_ruleset_attr all = {
		.handled_access_fs = LANDLOCK_FILES };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all,
	    sizeof(all), 0);
	int rc = 0;

	if (ruleset < 0)	/* a kernel without it */
		return 0;
	if (o->dir != NULL)
		rc = landlock_allow(ruleset, o->dir, LANDLOCK_STORE);
	/* Those that this system has. */
	if (o->role == CONFINE_CLIENT)
		for (size_t i = 0; i < NELEM(client_files); i++)
			(void)landlock_allow(ruleset, client_files[i].path,
			    client_files[i].access);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return rc == 0 ? 0 : err_set(e, ERR_SYSTEM,
	    "Landlock: %s (landlock: false in comityd.yaml leaves it out)",
	    strerror(errno));
}

int
confine(const struct confine_options *o, struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, ERR_SYSTEM, "no_new_privs: %s",
		    strerror(errno));
	if (!SANITIZED && o->role != CONFINE_SUPERVISOR &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(e, ERR_SYSTEM, "dumpable: %s",
		    strerror(errno));
	if (o->landlock && !SANITIZED && o->role != CONFINE_SUPERVISOR)
		TRY(confine_files(o, e));
	return confine_calls(o->role, e);
}

static int
find_user(const char *user, const char *group, uid_t *out_uid,
    gid_t *out_gid, struct err *e)
{
	const struct passwd *pw = getpwnam(user);
	const struct group *gr;
	gid_t gid;

	if (pw == NULL)
		return err_set(e, ERR_CONF, "user: no user \"%s\" on this "
		    "machine; create it, or name another", user);
	gid = pw->pw_gid;
	if (group[0] != '\0') {
		gr = getgrnam(group);
		if (gr == NULL)
			return err_set(e, ERR_CONF,
			    "group: no group \"%s\" on this machine", group);
		gid = gr->gr_gid;
	}
	*out_uid = pw->pw_uid;
	*out_gid = gid;
	return 0;
}

int
confine_give(const char *path, const char *user, const char *group,
    struct err *e)
{
	uid_t uid;
	gid_t gid;

	if (user[0] == '\0' || geteuid() != 0)
		return 0;
	TRY(find_user(user, group, &uid, &gid, e));
	if (lchown(path, uid, gid) != 0)
		return err_set(e, ERR_SYSTEM, "%s: %s", path,
		    strerror(errno));
	return 0;
}

int
confine_drop_user(const char *user, const char *group, struct err *e)
{
	uid_t uid;
	gid_t gid;

	if (user[0] == '\0' || geteuid() != 0)
		return 0;
	TRY(find_user(user, group, &uid, &gid, e));
	/* Being root already, it keeps the groups it was started with. */
	if (uid == 0 && gid == getgid())
		return 0;
	if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return err_set(e, ERR_SYSTEM, "cannot become %s: %s", user,
		    strerror(errno));
	return 0;
}
