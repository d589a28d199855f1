package dev.restbus.api;

/**
 * Kafka's murmur2 (seed {@code 0x9747b28c}), bit for bit: the same key goes to the same partition
 * as with Kafka's Java producer. Stateless.
 */
public final class KeyHash {

    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private KeyHash() {}

    /** The hash of {@code length} bytes from {@code offset}. */
    public static int murmur2(byte[] data, int offset, int length) {
        int h = SEED ^ length;
        int words = length >>> 2;
        for (int i = 0; i < words; i++) {
            int at = offset + (i << 2);
            int k =
                    (data[at] & 0xff)
                            | (data[at + 1] & 0xff) << 8
                            | (data[at + 2] & 0xff) << 16
                            | (data[at + 3] & 0xff) << 24;
            k *= M;
            k ^= k >>> R;
            k *= M;
            h = h * M ^ k;
        }
        int tail = offset + (words << 2);
        int rest = length & 3;
        if (rest == 3) {
            h ^= (data[tail + 2] & 0xff) << 16;
        }
        if (rest >= 2) {
            h ^= (data[tail + 1] & 0xff) << 8;
        }
        if (rest >= 1) {
            h ^= data[tail] & 0xff;
            h *= M;
        }
        h ^= h >>> 13;
        h *= M;
        h ^= h >>> 15;
        return h;
    }

    /** The partition of a key: {@code (murmur2 & 0x7fffffff) % partitions}. */
    public static int partition(byte[] key, int offset, int length, int partitions) {
        return (murmur2(key, offset, length) & 0x7fffffff) % partitions;
    }
}
