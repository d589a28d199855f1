package dev.restbus.broker.log;

import dev.restbus.api.batch.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One round of a {@link WriteAheadLog} as it is filled, and its form in the file. It begins at a
 * block and is filled up to the next with zeros. Beside what it makes durable, it says where the
 * logs of the round before it ended: if that one is damaged, this one proves what is missing. Used
 * by one thread.
 *
 * <pre>
 *   round: length behind the CRC (4) | CRC-32C of what follows (4) | number of the round (8)
 *          | how many ends (4) | ends | entries
 *   end:   topic id (16) | partition (4) | end offset (8)
 *   entry: topic id (16) | partition (4) | length of the batches (4) | whole batches
 * </pre>
 */
final class WriteAheadRound {

    static final int MAX_BYTES = 256 * 1024;

    /** What the length and the CRC take, which do not count in the length. */
    static final int LENGTH_BYTES = 8;

    static final int HEAD_BYTES = 20;
    static final int END_BYTES = 28;
    static final int ENTRY_HEAD_BYTES = 24;

    /** Of a round with more logs none is said: the next one must have room for what is new. */
    static final int MAX_ENDS = 1_000;

    private final byte[] bytes = new byte[MAX_BYTES];
    private final WriteAheadLog.Member[] members =
            new WriteAheadLog.Member[MAX_BYTES / ENTRY_HEAD_BYTES];
    private final WriteAheadLog.Tail[] tails = new WriteAheadLog.Tail[members.length];
    private int memberCount;
    private int length;
    private int entriesAt;

    /** The ends of the round that was durable last. */
    private final byte[] ends = new byte[MAX_ENDS * END_BYTES];

    private int endCount;

    /** Begins a round without entries. */
    void begin() {
        memberCount = 0;
        Bytes.putInt(bytes, HEAD_BYTES - 4, endCount);
        System.arraycopy(ends, 0, bytes, HEAD_BYTES, endCount * END_BYTES);
        entriesAt = HEAD_BYTES + endCount * END_BYTES;
        length = entriesAt;
    }

    /** Takes what the log has to make durable; false if it must be forced itself. */
    boolean add(WriteAheadLog.Member member) {
        int at = length + ENTRY_HEAD_BYTES;
        if (memberCount == members.length || at > bytes.length) {
            return false;
        }
        WriteAheadLog.Tail tail = member.copyTail(bytes, at);
        if (tail == null) {
            return false;
        }
        if (tail.length() > 0) {
            putLog(bytes, length, member.id());
            Bytes.putInt(bytes, length + 20, tail.length());
            length = at + tail.length();
        }
        members[memberCount] = member;
        tails[memberCount++] = tail;
        return true;
    }

    /** Whether there is nothing to write. */
    boolean isEmpty() {
        return length == entriesAt;
    }

    /** The logs in it. */
    List<WriteAheadLog.Member> members() {
        return Arrays.asList(members).subList(0, memberCount);
    }

    /** Up to the end of its last block. */
    int sizeBytes() {
        return endOfBlock(length);
    }

    /** Finishes it: {@link #sizeBytes} bytes, to be written as they are. */
    byte[] seal(long number) {
        Bytes.putInt(bytes, 0, length - LENGTH_BYTES);
        Bytes.putLong(bytes, LENGTH_BYTES, number);
        CRC32C crc = new CRC32C();
        crc.update(bytes, LENGTH_BYTES, length - LENGTH_BYTES);
        Bytes.putInt(bytes, 4, (int) crc.getValue());
        Arrays.fill(bytes, length, sizeBytes(), (byte) 0);
        return bytes;
    }

    /** It was written: the round after it says where its logs end. */
    void remember() {
        endCount = memberCount <= MAX_ENDS ? memberCount : 0;
        for (int i = 0; i < endCount; i++) {
            putLog(ends, i * END_BYTES, members[i].id());
            Bytes.putLong(ends, i * END_BYTES + 20, tails[i].end().offset());
        }
    }

    /** What is in it is durable: tells the logs. */
    void tell() {
        for (int i = 0; i < memberCount; i++) {
            members[i].durableThrough(tails[i]);
        }
    }

    /** The end of the block that ends at or behind {@code at}: where the next round begins. */
    static int endOfBlock(int at) {
        return (at + Disk.BLOCK_BYTES - 1) & -Disk.BLOCK_BYTES;
    }

    private static void putLog(byte[] into, int at, LogId id) {
        Bytes.putLong(into, at, id.topicId().getMostSignificantBits());
        Bytes.putLong(into, at + 8, id.topicId().getLeastSignificantBits());
        Bytes.putInt(into, at + 16, id.partition());
    }
}
