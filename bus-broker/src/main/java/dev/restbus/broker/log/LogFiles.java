package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The names of the files of a log folder, and how its small files are written. Stateless. */
final class LogFiles {

    static final String LOG_SUFFIX = ".log";
    static final String INDEX_SUFFIX = ".index";
    static final String TIMES_SUFFIX = ".timeindex";
    static final String TEMPORARY_SUFFIX = ".tmp";
    static final String IDENTITY = "partition.json";
    static final String EPOCHS = "leader-epochs";
    static final String RECOVERY_POINT = "recovery-point";
    static final String STATE = "log-state";
    static final String PRODUCERS = "producers";

    private static final String CRC_PREFIX = "crc32c ";
    private static final int FORMAT = 1;
    private static final int NAME_DIGITS = 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private LogFiles() {}

    static Path log(Path folder, long baseOffset) {
        return folder.resolve(name(baseOffset) + LOG_SUFFIX);
    }

    static Path index(Path folder, long baseOffset) {
        return folder.resolve(name(baseOffset) + INDEX_SUFFIX);
    }

    static Path times(Path folder, long baseOffset) {
        return folder.resolve(name(baseOffset) + TIMES_SUFFIX);
    }

    static void deleteSegment(Disk disk, Path folder, long baseOffset) throws IOException {
        disk.delete(log(folder, baseOffset));
        disk.delete(index(folder, baseOffset));
        disk.delete(times(folder, baseOffset));
    }

    private static String name(long baseOffset) {
        String digits = Long.toString(baseOffset);
        return "0".repeat(NAME_DIGITS - digits.length()) + digits;
    }

    /** The base offsets of the files with this suffix, ascending. */
    static List<Long> baseOffsets(Disk disk, Path folder, String suffix) throws IOException {
        List<Long> found = new ArrayList<>();
        for (String name : disk.list(folder)) {
            long base = baseOffset(name, suffix);
            if (base >= 0) {
                found.add(base);
            }
        }
        return found;
    }

    private static long baseOffset(String name, String suffix) {
        if (name.length() != NAME_DIGITS + suffix.length() || !name.endsWith(suffix)) {
            return -1;
        }
        try {
            return Long.parseUnsignedLong(name, 0, NAME_DIGITS, 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /**
     * Splits off the segments that lie wholly below the start of the log: a crash left them.
     *
     * @return those, taken out of {@code bases}
     */
    static List<Long> takeBelow(List<Long> bases, long start) {
        int below = 0;
        while (below + 1 < bases.size() && bases.get(below + 1) <= start) {
            below++;
        }
        List<Long> head = bases.subList(0, below);
        List<Long> taken = List.copyOf(head);
        head.clear();
        return taken;
    }

    /** Writes a file whole and durably: after a crash it is the old one or the new one. */
    static void replace(Disk disk, Path path, List<Slice> content) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
        try (DiskFile file = disk.open(temporary)) {
            file.truncate(0);
            file.write(0, content);
            file.force();
        }
        disk.rename(temporary, path);
        disk.forceFolder(path.getParent());
    }

    /** A file's bytes, or null if it is not there or larger than {@code maxBytes}. */
    static byte @Nullable [] readSmall(Disk disk, Path path, int maxBytes) throws IOException {
        if (!disk.exists(path)) {
            return null;
        }
        try (DiskFile file = disk.open(path)) {
            long size = file.size();
            if (size > maxBytes) {
                return null;
            }
            byte[] bytes = new byte[(int) size];
            return file.read(0, bytes, 0, bytes.length) == size ? bytes : null;
        }
    }

    /** Replaces a text file whose last line is the CRC-32C of all before it. */
    static void replaceText(Disk disk, Path path, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.US_ASCII);
        String crc = CRC_PREFIX + Integer.toHexString(crc(body, body.length)) + "\n";
        replace(disk, path, List.of(Slice.of(body), Slice.utf8(crc)));
    }

    /** The text without its last line; null if the file is missing, too large or damaged. */
    static @Nullable String readText(Disk disk, Path path, int maxBytes) throws IOException {
        byte[] bytes = readSmall(disk, path, maxBytes);
        if (bytes == null) {
            return null;
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int crcAt = text.lastIndexOf(CRC_PREFIX);
        if (crcAt < 0) {
            return null;
        }
        String crc = CRC_PREFIX + Integer.toHexString(crc(bytes, crcAt)) + "\n";
        return text.substring(crcAt).equals(crc) ? text.substring(0, crcAt) : null;
    }

    static void writeIdentity(Disk disk, Path folder, LogId id) throws IOException {
        replace(disk, folder.resolve(IDENTITY), List.of(Slice.of(identityBytes(id))));
    }

    /** Whose log the folder holds; null if the file is missing or not, to the byte, as written. */
    static @Nullable LogId readIdentity(Disk disk, Path folder) throws IOException {
        byte[] bytes = readSmall(disk, folder.resolve(IDENTITY), 4096);
        if (bytes == null) {
            return null;
        }
        try {
            JsonNode root = JSON.readTree(bytes);
            LogId id =
                    new LogId(
                            root.path("topic").asString(""),
                            UUID.fromString(root.path("topicId").asString("")),
                            root.path("partition").asInt(-1));
            return Arrays.equals(bytes, identityBytes(id)) ? id : null;
        } catch (JacksonException | IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] identityBytes(LogId id) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("format", FORMAT);
        members.put("topic", id.topic());
        members.put("topicId", id.topicId().toString());
        members.put("partition", id.partition());
        members.put("crc32c", identityCrc(id));
        return JSON.writeValueAsBytes(members);
    }

    private static String identityCrc(LogId id) {
        String text = id.topic() + '\n' + id.topicId() + '\n' + id.partition();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Integer.toHexString(crc(bytes, bytes.length));
    }

    static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
