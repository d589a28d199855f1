package dev.restbus.broker.log.compaction;

import dev.restbus.api.batch.Bytes;
import dev.restbus.api.batch.Slice;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The newest offset of each key, in bounded memory: Kafka's {@code SkimpyOffsetMap}, a hash table
 * that keeps 16 bytes of a key's digest in the place of the key, 24 bytes a key in all. The digest
 * is SHA-256 and not MD5, because whoever can make two keys of one digest could have another's
 * record dropped. Grows up to its limit. Not thread-safe.
 */
public final class KeyOffsets {

    private static final int SLOT_LONGS = 3;
    private static final int SLOT_BYTES = SLOT_LONGS * Long.BYTES;
    private static final int FIRST_SLOTS = 1 << 10;

    private final int maxSlots;
    private final MessageDigest digest;
    private final byte[] hash = new byte[32];

    /** Two halves of the digest, and the offset plus one: 0 for a slot that is free. */
    private long[] slots;

    private int size;

    /**
     * An empty table.
     *
     * @param maxBytes at most so much memory, rounded down to a power of two of slots; 24 KiB at
     *     least
     */
    public KeyOffsets(int maxBytes) {
        maxSlots = Math.max(FIRST_SLOTS, Integer.highestOneBit(maxBytes / SLOT_BYTES));
        slots = new long[FIRST_SLOTS * SLOT_LONGS];
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** How many keys there are. */
    public int size() {
        return size;
    }

    /**
     * Notes a key's offset; an older one than is known changes nothing.
     *
     * @param offset 0 or more
     * @return false if there is no room for another key
     */
    public boolean put(Slice key, long offset) {
        hash(key);
        int slot = find(Bytes.getLong(hash, 0), Bytes.getLong(hash, 8));
        if (slots[slot + 2] == 0) {
            if (isFull() && !grow()) {
                return false;
            }
            slot = find(Bytes.getLong(hash, 0), Bytes.getLong(hash, 8));
            slots[slot] = Bytes.getLong(hash, 0);
            slots[slot + 1] = Bytes.getLong(hash, 8);
            size++;
        }
        slots[slot + 2] = Math.max(slots[slot + 2], offset + 1);
        return true;
    }

    /** The newest offset noted for a key, or -1. */
    public long newest(Slice key) {
        hash(key);
        return slots[find(Bytes.getLong(hash, 0), Bytes.getLong(hash, 8)) + 2] - 1;
    }

    private void hash(Slice key) {
        try {
            digest.update(key.bytes(), key.at(), key.length());
            digest.digest(hash, 0, hash.length);
        } catch (DigestException e) {
            throw new IllegalStateException("a digest of 32 bytes fits", e);
        }
    }

    /** The slot of a key, or the free one where it belongs. */
    private int find(long first, long second) {
        int mask = slots.length / SLOT_LONGS - 1;
        int i = (int) first & mask;
        while (slots[i * SLOT_LONGS + 2] != 0
                && (slots[i * SLOT_LONGS] != first || slots[i * SLOT_LONGS + 1] != second)) {
            i = (i + 1) & mask;
        }
        return i * SLOT_LONGS;
    }

    private boolean isFull() {
        return 4L * (size + 1) > 3L * (slots.length / SLOT_LONGS);
    }

    private boolean grow() {
        int present = slots.length / SLOT_LONGS;
        if (present >= maxSlots) {
            return false;
        }
        long[] old = slots;
        slots = new long[present * 2 * SLOT_LONGS];
        for (int i = 0; i < old.length; i += SLOT_LONGS) {
            if (old[i + 2] != 0) {
                System.arraycopy(old, i, slots, find(old[i], old[i + 1]), SLOT_LONGS);
            }
        }
        return true;
    }
}
