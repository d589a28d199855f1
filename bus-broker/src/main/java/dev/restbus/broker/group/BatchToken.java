package dev.restbus.broker.group;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.batch.Bytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Names what one poll handed out, and to whom, so that any node can commit just that without
 * remembering anything. Its text is base64url of a version byte, the fields, and a CRC-32C: a
 * mistyped token is refused; a forged one can only commit what its owner may commit anyway.
 * Immutable.
 *
 * @param ranges sorted by topic, then partition
 */
record BatchToken(String group, String memberId, long incarnation, List<Range> ranges) {

    /**
     * Records of one partition, up to {@code nextOffset}.
     *
     * @param generation of the fence under which they were handed out
     */
    record Range(String topic, UUID topicId, int partition, long generation, long nextOffset) {}

    private static final byte VERSION = 1;
    private static final int MAX_TEXT_LENGTH = 64 << 10;
    private static final int MAX_RANGES = 65_536;

    /** Of a partition's number, generation and offset, with the byte in front of them. */
    private static final int MAX_PARTITION_BYTES = 1 + 5 + 10 + 10;

    /**
     * How long a token becomes, range by range, so that its text has room in a request line beside
     * the rest. Not thread-safe.
     */
    static final class Room {
        private static final int MAX_BYTES = 3 << 10;

        private final Set<UUID> topics = new HashSet<>();
        private int bytes;

        /** Whether one more partition of the topic can be named; the first one always can. */
        boolean isFor(String topic) {
            return bytes == 0 || bytes + topicBytes(topic) + MAX_PARTITION_BYTES <= MAX_BYTES;
        }

        void take(Range range) {
            if (topics.add(range.topicId())) {
                bytes += topicBytes(range.topic());
            }
            bytes += partitionBytes(range);
        }
    }

    BatchToken {
        ranges = List.copyOf(ranges);
    }

    String text() {
        byte[] bytes = new byte[sizeBytes()];
        bytes[0] = VERSION;
        int at = putText(bytes, 1, group);
        at = putText(bytes, at, memberId);
        at = Bytes.putVarlong(bytes, at, incarnation);
        at = Bytes.putVarlong(bytes, at, ranges.size());
        UUID topicId = null;
        for (Range range : ranges) {
            // A topic is named once, in front of its first partition.
            boolean sameTopic = range.topicId().equals(topicId);
            bytes[at++] = (byte) (sameTopic ? 0 : 1);
            if (!sameTopic) {
                topicId = range.topicId();
                at = putText(bytes, at, range.topic());
                Bytes.putLong(bytes, at, topicId.getMostSignificantBits());
                Bytes.putLong(bytes, at + Long.BYTES, topicId.getLeastSignificantBits());
                at += 2 * Long.BYTES;
            }
            at = Bytes.putVarlong(bytes, at, range.partition());
            at = Bytes.putVarlong(bytes, at, range.generation());
            at = Bytes.putVarlong(bytes, at, range.nextOffset());
        }
        Bytes.putInt(bytes, at, crc(bytes, at));
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Arrays.copyOf(bytes, at + Integer.BYTES));
    }

    /**
     * Reads a token.
     *
     * @throws BusException 400 {@code invalid-parameter}
     */
    static BatchToken parse(String text) {
        if (text.length() > MAX_TEXT_LENGTH) {
            throw malformed("it is too long");
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw malformed("it is not base64url");
        }
        int end = bytes.length - Integer.BYTES;
        if (end < 1 || Bytes.getInt(bytes, end) != crc(bytes, end)) {
            throw malformed("its checksum is wrong");
        }
        if (bytes[0] != VERSION) {
            throw malformed("it is of another version");
        }
        try {
            return read(ByteBuffer.wrap(bytes, 1, end - 1));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw malformed("its fields do not parse");
        }
    }

    /**
     * This token, if it was handed out to this member.
     *
     * @throws BusException 400 {@code invalid-parameter}
     */
    BatchToken requireOf(String wantedGroup, String wantedMember) {
        if (!group.equals(wantedGroup) || !memberId.equals(wantedMember)) {
            throw ProblemCode.INVALID_PARAMETER.exceptionAt(
                    "ack",
                    "this batch was handed out to member '"
                            + memberId
                            + "' of group '"
                            + group
                            + "'");
        }
        return this;
    }

    private static BatchToken read(ByteBuffer in) {
        String group = text(in);
        String memberId = text(in);
        long incarnation = varlong(in);
        long count = varlong(in);
        if (count < 0 || count > MAX_RANGES) {
            throw new IllegalArgumentException("count");
        }
        List<Range> ranges = new ArrayList<>();
        String topic = "";
        UUID topicId = new UUID(0, 0);
        for (long i = 0; i < count; i++) {
            if (in.get() == 1) {
                topic = text(in);
                topicId = new UUID(in.getLong(), in.getLong());
            }
            int partition = number(in);
            ranges.add(new Range(topic, topicId, partition, varlong(in), varlong(in)));
        }
        return new BatchToken(group, memberId, incarnation, ranges);
    }

    private int sizeBytes() {
        int size = 1 + textBytes(group) + textBytes(memberId);
        size += Bytes.varlongSize(incarnation) + Bytes.varlongSize(ranges.size());
        for (Range range : ranges) {
            size += topicBytes(range.topic()) + partitionBytes(range);
        }
        return size + Integer.BYTES;
    }

    /** At most so many bytes for the first partition of a topic, more than for others of it. */
    private static int topicBytes(String topic) {
        return textBytes(topic) + 2 * Long.BYTES;
    }

    /** So many bytes for a partition, beside its topic. */
    private static int partitionBytes(Range range) {
        return 1
                + Bytes.varlongSize(range.partition())
                + Bytes.varlongSize(range.generation())
                + Bytes.varlongSize(range.nextOffset());
    }

    private static int textBytes(String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return Bytes.varlongSize(length) + length;
    }

    private static int putText(byte[] bytes, int at, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int i = Bytes.putVarlong(bytes, at, utf8.length);
        System.arraycopy(utf8, 0, bytes, i, utf8.length);
        return i + utf8.length;
    }

    private static String text(ByteBuffer in) {
        long length = varlong(in);
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("text length");
        }
        byte[] utf8 = new byte[(int) length];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static int number(ByteBuffer in) {
        long number = varlong(in);
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("partition");
        }
        return (int) number;
    }

    private static long varlong(ByteBuffer in) {
        long raw = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte b = in.get();
            raw |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("varlong does not end");
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static BusException malformed(String why) {
        return ProblemCode.INVALID_PARAMETER.exceptionAt(
                "ack", "ack is the batch of an earlier poll, as it was sent; " + why);
    }
}
