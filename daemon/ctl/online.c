/*
 * Commands that talk to a running daemon.  What is asked and answered on
 * the control socket is written down here once; comityctl(1), CONTROL
 * SOCKET, says the same to people.
 *
 * Frames: CTL_REQUEST, CTL_REPLY, CTL_OBJECTS, CTL_END of wire/messages.def.
 * A request is {"v":1,"command":C,"arguments":{...}}; C is the words of the
 * command joined by one blank.  A reply is {"v":1,"ok":true,...fields} or
 * {"v":1,"ok":false,"code":"ERR_*","error":text,"hint":text or absent}.
 * "more":true in a reply announces another one to the same request; the
 * last has no "more", or false.  One request at a time on a connection; the
 * client may send the next after the last reply.  An argument marked ? may
 * be absent; unknown arguments are ERR_USAGE.  Times are RFC 3339 text with
 * milliseconds, UTC, except names that end in _ms, which are integers.
 * Cursors are opaque text.  Absent, never null: what does not apply.
 *
 * command         arguments              reply
 * ------------------------------------------------------------------------
 * status          -                      cert_id, version, uptime_ms, state
 *                                        ("starting", "ready", "degraded",
 *                                        "draining"), policy {digest,
 *                                        generation, loaded_at, warnings[]},
 *                                        store {records, tombstones, bytes,
 *                                        wal_bytes, free_bytes, full,
 *                                        error?}, published (objects stored
 *                                        from here since ever), peers[] as
 *                                        below, libraries {name: version},
 *                                        counters {name: number}
 * peer list       -                      peers [{id, state ("unknown",
 *                                        "idle", "dialing", "proving",
 *                                        "ready", "waiting"), since, reason?
 *                                        (why it is not ready), position,
 *                                        lag (own records not yet settled
 *                                        for it), delivered, redacted,
 *                                        consulted, denied, forbidden (of
 *                                        our records towards it), received,
 *                                        refused, unchanged (of its records
 *                                        here), last_contact?, skew_ms?,
 *                                        trust {discretion, reliability}
 *                                        (bands "A".."E"), posture}]
 * peer show       id                     peer {as above}, card {the card's
 *                                        JSON}, code, terms[] {id, circle
 *                                        (bool), ours, theirs?, equal}
 * peer add        card (its text),       id, name, country, code, endpoints
 *                 dry_run? | yes? |      [], not_after, changed (bool),
 *                 code?                  added (bool), differs? [names of
 *                                        fields that differ from the card
 *                                        held now].  Without yes or an equal
 *                                        code nothing is changed: ERR_USAGE.
 *                                        dry_run only answers.
 * peer remove     id                     id, changed
 * peer check      id                     steps [{step ("tls", "pins",
 *                                        "identity", "terms", "clock"), ok
 *                                        (bool; absent: not reached yet),
 *                                        text, fix?}], endpoints [], state
 * publish         desk, (then objects)   see publish.c and below
 * lookup          value, limit?          records [{id, modified, type, kind,
 *                                        tlp, source (CERT id; own id when
 *                                        published here), received, desks []
 *                                        (released to; absent: all), labels?
 *                                        (the STIX labels), name?}], cut
 *                                        (bool, more than limit)
 * show            id, modified?          records as above plus label (the
 *                                        canonical text), object (the record
 *                                        as JSON text, byte for byte),
 *                                        sealed_by, seal_time
 * why             record, peer,          record, modified, peer, outcome,
 *                 modified?              by, reason, state ("delivered",
 *                                        "redacted", "refused", "consulted",
 *                                        "denied", "forbidden", "none"),
 *                                        text [lines, <= 22 of <= 100 bytes]
 * recall          id, reason             id, peers [{id, state ("confirmed",
 *                                        "sent", "waiting")}]
 * consult list    -                      cases [{record, modified, kind,
 *                                        peer, by, since}], total
 * backup          path (absolute)        {done, total} in bytes, "more" until
 *                                        finished; the last: path, bytes
 * reload          -                      generation, digest, warnings[]
 * records         since?, limit?,        records [{id, modified, type, kind,
 *                 source?, derived?      tlp, source, derived (bool)}], next
 *                                        (cursor; absent at the end).  source
 *                                        "own": published here; a CERT id:
 *                                        got from there; absent: all.
 *                                        Tombstones are left out.  Derived
 *                                        records (made here by redaction)
 *                                        only if derived is true.  limit
 *                                        <= 2000, default 1000.
 * log tail        limit? (<= 1000)       entries [{time, event, peer?,
 *                                        record?, outcome?, by?, text?}]
 *
 * publish: the request is answered only if it is refused (unknown desk,
 * no permission, store full).  Then the client sends CTL_OBJECTS frames:
 * u64 index of the first object, u16 n, n times str32 bytes; at most four
 * without an answer.  Each is answered, after the commit, by {"v":1,"ok":
 * true,"more":true,"first":F,"n":N,"stored":S,"unchanged":U,"unkeyed":K,
 * "refused":[{"index":I,"id":text,"reason":refusal name,"text":text}]} with
 * I counted from the first object of the whole publication; N = S + U +
 * the number refused, and K counts those of S whose pattern did not parse.
 * {"ok":false} answers a frame that was not stored at all and ends the
 * publication.  CTL_END is answered by the last reply: {"stored", "unchanged",
 * "unkeyed", "refused" (a number)}, all of this publication.
 *
 * Errors: ERR_NOT_FOUND (no such record, peer), ERR_DENIED (permission),
 * ERR_USAGE (arguments), ERR_CONF (card, policy), ERR_FULL, ERR_STORE,
 * ERR_EXISTS, ERR_TIMEOUT.
 */
