package dev.restbus.api.batch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big-endian numbers and Kafka's zig-zag varints in byte arrays. Stateless. */
public final class Bytes {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Bytes() {}

    public static short getShort(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at);
    }

    public static int getInt(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    public static long getLong(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    public static void putShort(byte[] bytes, int at, short value) {
        SHORT.set(bytes, at, value);
    }

    public static void putInt(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    public static void putLong(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** How many bytes the zig-zag varint of {@code value} takes, 1 to 10. */
    public static int varlongSize(long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        int bits = 64 - Long.numberOfLeadingZeros(zigzag | 1);
        return (bits + 6) / 7;
    }

    /** How many bytes the zig-zag varint of {@code value} takes, 1 to 5. */
    public static int varintSize(int value) {
        return varlongSize(value);
    }

    /** Writes a zig-zag varint and returns the index behind it. */
    public static int putVarlong(byte[] bytes, int at, long value) {
        long rest = (value << 1) ^ (value >> 63);
        int i = at;
        while ((rest & ~0x7fL) != 0) {
            bytes[i++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[i++] = (byte) rest;
        return i;
    }

    /**
     * Writes a zig-zag varint and returns the index behind it; the bytes are those of a varlong.
     */
    public static int putVarint(byte[] bytes, int at, int value) {
        return putVarlong(bytes, at, value);
    }
}
