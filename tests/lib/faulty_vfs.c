#include "lib/faulty_vfs.h"

#include <string.h>

#include <sqlite3.h>

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real;	/* behind this struct */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty;
static enum fault_kind armed;
static int countdown, stays, hit;

void
faulty_vfs_arm(enum fault_kind kind, int n, int stay)
{
	armed = kind;
	countdown = n;
	stays = stay;
	hit = 0;
}

int
faulty_vfs_hit(void)
{
	return hit;
}

static int
fails(enum fault_kind kind)
{
	if (kind != armed || countdown == 0)
		return 0;
	if (countdown > 1) {
		countdown--;
		return 0;
	}
	hit = 1;
	if (!stays)
		countdown = 0;
	return 1;
}

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct faulty_file *)(void *)f)->real;
}

static int
on_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return fails(FAULT_READ) ? SQLITE_IOERR_READ :
	    real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int
on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (fails(FAULT_WRITE)) {
		/* Half of it reaches the file. */
		(void)real_of(f)->pMethods->xWrite(real_of(f), p, n / 2, at);
		return SQLITE_IOERR_WRITE;
	}
	return fails(FAULT_WRITE_FULL) ? SQLITE_FULL :
	    real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int
on_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return fails(FAULT_TRUNCATE) ? SQLITE_IOERR_TRUNCATE :
	    real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int
on_sync(sqlite3_file *f, int flags)
{
	return fails(FAULT_SYNC) ? SQLITE_IOERR_FSYNC :
	    real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int
on_file_size(sqlite3_file *f, sqlite3_int64 *out)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), out);
}

static int
on_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int
on_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int
on_check_lock(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int
on_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
on_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
on_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

/* Version 1: no shared memory, which an exclusive store does not need. */
static const sqlite3_io_methods methods = {
	1, on_close, on_read, on_write, on_truncate, on_sync, on_file_size,
	on_lock, on_unlock, on_check_lock, on_control, on_sector_size,
	on_characteristics, NULL, NULL, NULL, NULL, NULL, NULL,
};

static int
on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out_flags)
{
	struct faulty_file *file = (struct faulty_file *)(void *)f;
	int rc;

	(void)vfs;
	memset(file, 0, (size_t)faulty.szOsFile);
	file->real = (sqlite3_file *)(void *)(file + 1);
	rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
	if (rc == SQLITE_OK)
		file->base.pMethods = &methods;
	return rc;
}

void
faulty_vfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	faulty = *real_vfs;
	faulty.zName = "faulty";
	faulty.pNext = NULL;
	faulty.szOsFile += (int)sizeof(struct faulty_file);
	faulty.xOpen = on_open;
	sqlite3_vfs_register(&faulty, 1);
}
