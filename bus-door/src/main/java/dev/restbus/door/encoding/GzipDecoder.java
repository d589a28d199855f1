package dev.restbus.door.encoding;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Gzip, RFC 1952: any number of members, each with its header, its deflated content and a trailer
 * that checks it. The JDK's own stream pulls its input and would block for it.
 */
final class GzipDecoder extends ContentDecoder {

    /** An inflater with its window of 32 KiB. */
    private static final long HELD_BYTES = 48 << 10;

    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int FLAGS_RESERVED = 0xe0;

    private enum Part {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        HEADER_CRC,
        CONTENT,
        TRAILER
    }

    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private byte[] bytes = {};
    private int at;
    private int end;

    private Part part = Part.FIXED;

    /** Bytes of this part so far. */
    private int seen;

    private int flags;
    private int extraLength;

    /** A number that is coming, its lowest byte first. */
    private long number;

    private boolean anyMember;

    @Override
    void input(byte[] newBytes, int newAt, int length) {
        bytes = newBytes;
        at = newAt;
        end = newAt + length;
    }

    @Override
    int decode(byte[] target, int targetAt, int room) {
        while (true) {
            if (part == Part.CONTENT) {
                int count = inflate(target, targetAt, room);
                if (count > 0 || part == Part.CONTENT) {
                    return count;
                }
            } else if (at == end) {
                return 0;
            } else if (part == Part.TRAILER) {
                trailer(bytes[at++] & 0xff);
            } else {
                header(bytes[at++] & 0xff);
            }
        }
    }

    private int inflate(byte[] target, int targetAt, int room) {
        inflater.setInput(bytes, at, end - at);
        try {
            int count = inflater.inflate(target, targetAt, room);
            at = end - inflater.getRemaining();
            crc.update(target, targetAt, count);
            if (inflater.finished()) {
                next(Part.TRAILER);
            } else if (inflater.needsDictionary()) {
                throw malformed("a gzip member has no dictionary");
            }
            return count;
        } catch (DataFormatException e) {
            throw malformed("not deflated (" + e.getMessage() + ")");
        }
    }

    private void header(int value) {
        if (part != Part.HEADER_CRC) {
            crc.update(value);
        }
        switch (part) {
            case FIXED -> fixed(value);
            case EXTRA_LENGTH -> {
                extraLength |= value << (8 * seen++);
                if (seen == 2) {
                    next(extraLength == 0 ? after(Part.EXTRA) : Part.EXTRA);
                }
            }
            case EXTRA -> {
                if (++seen == extraLength) {
                    next(after(part));
                }
            }
            case NAME, COMMENT -> {
                if (value == 0) {
                    next(after(part));
                }
            }
            case HEADER_CRC -> {
                number |= (long) value << (8 * seen++);
                if (seen == 2) {
                    require((crc.getValue() & 0xffff) == number, "the gzip header is damaged");
                    next(Part.CONTENT);
                }
            }
            default -> throw new IllegalStateException("not in a header: " + part);
        }
    }

    /** Magic, method, flags, then a time and two notes that say nothing here. */
    private void fixed(int value) {
        switch (seen++) {
            case 0, 1 ->
                    require(
                            value == (seen == 1 ? 0x1f : 0x8b),
                            anyMember ? "there is more behind it" : "it is not gzip");
            case 2 -> require(value == 8, "the method of gzip is 8, not " + value);
            case 3 -> {
                require((value & FLAGS_RESERVED) == 0, "a reserved flag of gzip is set");
                flags = value;
            }
            case 9 -> next(after(Part.FIXED));
            default -> {}
        }
    }

    /** The next part that the flags announce. */
    private Part after(Part last) {
        if (last == Part.FIXED && (flags & FLAG_EXTRA) != 0) {
            return Part.EXTRA_LENGTH;
        }
        if (last.compareTo(Part.NAME) < 0 && (flags & FLAG_NAME) != 0) {
            return Part.NAME;
        }
        if (last.compareTo(Part.COMMENT) < 0 && (flags & FLAG_COMMENT) != 0) {
            return Part.COMMENT;
        }
        return (flags & FLAG_HEADER_CRC) != 0 ? Part.HEADER_CRC : Part.CONTENT;
    }

    private void next(Part following) {
        part = following;
        seen = 0;
        number = 0;
        if (part == Part.EXTRA_LENGTH) {
            extraLength = 0;
        } else if (part == Part.CONTENT) {
            crc.reset();
        }
    }

    /** The CRC of the content, then its length modulo 2^32. */
    private void trailer(int value) {
        number |= (long) value << (8 * (seen++ & 3));
        if (seen == 4) {
            require(number == crc.getValue(), "its checksum does not fit");
            number = 0;
        } else if (seen == 8) {
            require(
                    number == (inflater.getBytesWritten() & 0xffff_ffffL),
                    "its length does not fit");
            inflater.reset();
            crc.reset();
            anyMember = true;
            next(Part.FIXED);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw malformed(otherwise);
        }
    }

    @Override
    int unread() {
        return end - at;
    }

    @Override
    boolean isWhole() {
        return anyMember && part == Part.FIXED && seen == 0;
    }

    @Override
    public long heldBytes() {
        return HELD_BYTES;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
