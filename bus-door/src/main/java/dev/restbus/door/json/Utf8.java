package dev.restbus.door.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Validity of UTF-8 as RFC 3629 defines it, eight bytes at a time while they are ASCII. Stateless.
 */
public final class Utf8 {

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /** Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, no cut sequence. */
    public static boolean isValid(byte[] bytes, int at, int length) {
        int end = at + length;
        int i = at;
        while (i < end) {
            i = skipAscii(bytes, i, end);
            if (i < end) {
                int size = sequenceSize(bytes, i, end);
                if (size == 0) {
                    return false;
                }
                i += size;
            }
        }
        return true;
    }

    private static int skipAscii(byte[] bytes, int from, int end) {
        int i = from;
        while (i + 8 <= end && ((long) LONG.get(bytes, i) & HIGH_BITS) == 0) {
            i += 8;
        }
        while (i < end && bytes[i] >= 0) {
            i++;
        }
        return i;
    }

    /** The length of the multi-byte sequence at {@code i}, 0 if it is not well-formed. */
    private static int sequenceSize(byte[] bytes, int i, int end) {
        int lead = bytes[i] & 0xff;
        int second = i + 1 < end ? bytes[i + 1] & 0xff : 0;
        if (lead >= 0xc2 && lead <= 0xdf) {
            return isTail(second) ? 2 : 0;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            boolean good = isTail(second) && tailAt(bytes, i + 2, end);
            return good && !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f)
                    ? 3
                    : 0;
        }
        if (lead >= 0xf0 && lead <= 0xf4) {
            boolean good = isTail(second) && tailAt(bytes, i + 2, end) && tailAt(bytes, i + 3, end);
            return good && !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f)
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean tailAt(byte[] bytes, int i, int end) {
        return i < end && isTail(bytes[i] & 0xff);
    }

    private static boolean isTail(int b) {
        return (b & 0xc0) == 0x80;
    }
}
