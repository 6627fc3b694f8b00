/*
 * An SQLite VFS whose n-th call of a kind fails.  It becomes the default
 * for every connection opened after it was installed.
 */
#ifndef TESTS_FAULTY_VFS_H
#define TESTS_FAULTY_VFS_H

enum fault_kind {
	FAULT_READ, FAULT_WRITE, FAULT_WRITE_FULL, FAULT_SYNC, FAULT_TRUNCATE,
	FAULT_KINDS,
};

void faulty_vfs_install(void);

/*
 * faulty_vfs_arm(kind, n, stay): the n-th call from now fails (1 = the
 * next), and with stay all after it.  n = 0: none fails.
 */
void faulty_vfs_arm(enum fault_kind kind, int n, int stay);

/* faulty_vfs_hit(): did a call fail since it was armed? */
int faulty_vfs_hit(void);

#endif
