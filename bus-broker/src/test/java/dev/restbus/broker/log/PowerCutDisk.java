package dev.restbus.broker.log;

import dev.restbus.api.batch.Slice;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A disk in memory that loses power: what was not forced is lost, kept, or kept in part, sector by
 * sector; names that were not forced are lost from some point on. Not thread-safe.
 */
final class PowerCutDisk implements Disk {

    /** Raised by every call after the power went. */
    static final class NoPower extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final int SECTOR_BYTES = 512;

    private static final class Content {
        private byte[] live = new byte[0];
        private byte[] forced = new byte[0];

        /** Sectors that a failed force gave up: nobody writes them unless they change again. */
        private final TreeSet<Integer> givenUp = new TreeSet<>();

        private void force() {
            byte[] next = live.clone();
            for (int sector : givenUp) {
                int at = sector * SECTOR_BYTES;
                int end = Math.min(at + SECTOR_BYTES, next.length);
                for (int i = at; i < end; i++) {
                    next[i] = i < forced.length ? forced[i] : 0;
                }
            }
            forced = next;
        }

        private void giveUp() {
            for (int i = 0; i < live.length; i++) {
                if (i >= forced.length || forced[i] != live[i]) {
                    givenUp.add(i / SECTOR_BYTES);
                }
            }
        }
    }

    private final Random random;
    private final TreeSet<Path> folders = new TreeSet<>();
    private final TreeMap<Path, Content> names = new TreeMap<>();
    private final TreeMap<Path, Content> durableNames = new TreeMap<>();
    private final Map<Path, List<Consumer<Map<Path, Content>>>> unforcedNames = new HashMap<>();

    /** How many more calls that change something succeed. */
    long callsLeft = Long.MAX_VALUE;

    /** Files whose force fails, as on Linux: what was to be forced is never written. */
    Predicate<Path> failsToForce = path -> false;

    PowerCutDisk(Random random) {
        this.random = random;
    }

    /** The disk as it is when the power is back. */
    PowerCutDisk afterCut() {
        PowerCutDisk next = new PowerCutDisk(random);
        next.folders.addAll(folders);
        TreeMap<Path, Content> kept = new TreeMap<>(durableNames);
        unforcedNames.forEach(
                (folder, changes) ->
                        changes.subList(0, random.nextInt(changes.size() + 1))
                                .forEach(change -> change.accept(kept)));
        IdentityHashMap<Content, Content> after = new IdentityHashMap<>();
        kept.forEach(
                (path, content) ->
                        next.names.put(path, after.computeIfAbsent(content, this::leftOf)));
        next.durableNames.putAll(next.names);
        return next;
    }

    /** A disk with what this one shows, as after the process was killed. */
    PowerCutDisk afterKill() {
        return copy(names, content -> content.live);
    }

    /** A disk with what was forced and nothing else. */
    PowerCutDisk afterWorstCut() {
        return copy(durableNames, content -> content.forced);
    }

    private PowerCutDisk copy(Map<Path, Content> from, Function<Content, byte[]> bytes) {
        PowerCutDisk next = new PowerCutDisk(random);
        next.folders.addAll(folders);
        from.forEach((path, content) -> next.put(path, bytes.apply(content)));
        return next;
    }

    /** Puts a file there, forced. */
    void put(Path path, byte[] bytes) {
        Content content = new Content();
        content.live = bytes;
        content.forced = bytes;
        names.put(path, content);
        durableNames.put(path, content);
    }

    /** The files, sorted. */
    List<Path> files() {
        return List.copyOf(names.keySet());
    }

    byte[] bytes(Path path) {
        return names.get(path).live.clone();
    }

    private Content leftOf(Content content) {
        Content left = new Content();
        switch (content.givenUp.isEmpty() ? random.nextInt(3) : 0) {
            case 0:
                left.live = content.forced;
                break;
            case 1:
                left.live = content.live;
                break;
            default:
                left.live = mixed(content);
        }
        left.forced = left.live;
        return left;
    }

    private byte[] mixed(Content content) {
        int low = Math.min(content.forced.length, content.live.length);
        int high = Math.max(content.forced.length, content.live.length);
        byte[] mixed = new byte[low + random.nextInt(high - low + 1)];
        for (int at = 0; at < mixed.length; at += SECTOR_BYTES) {
            byte[] from = random.nextBoolean() ? content.forced : content.live;
            int length = Math.min(Math.min(SECTOR_BYTES, mixed.length - at), from.length - at);
            if (length > 0) {
                System.arraycopy(from, at, mixed, at, length);
            }
        }
        return mixed;
    }

    private void change() {
        if (callsLeft <= 0) {
            throw new NoPower();
        }
        callsLeft--;
    }

    private void rename(Path folder, Consumer<Map<Path, Content>> change) {
        change();
        change.accept(names);
        unforcedNames.computeIfAbsent(folder, f -> new ArrayList<>()).add(change);
    }

    @Override
    public DiskFile open(Path path) {
        if (!names.containsKey(path)) {
            Content created = new Content();
            rename(path.getParent(), map -> map.put(path, created));
        }
        return new MemoryFile(path, names.get(path));
    }

    private final class MemoryFile implements DiskFile {
        private final Path path;
        private final Content content;

        MemoryFile(Path path, Content content) {
            this.path = path;
            this.content = content;
        }

        @Override
        public int read(long position, byte[] into, int at, int length) {
            int there = (int) Math.max(0, Math.min(length, content.live.length - position));
            if (there > 0) {
                System.arraycopy(content.live, (int) position, into, at, there);
            }
            return there;
        }

        @Override
        public void write(long position, List<Slice> data) {
            change();
            int size = data.stream().mapToInt(Slice::length).sum();
            byte[] next =
                    Arrays.copyOf(
                            content.live, Math.max(content.live.length, (int) position + size));
            int at = (int) position;
            for (Slice slice : data) {
                System.arraycopy(slice.bytes(), slice.at(), next, at, slice.length());
                at += slice.length();
            }
            content.live = next;
            content.givenUp.subSet(sectorOf(position), true, sectorOf(at - 1), true).clear();
        }

        private int sectorOf(long at) {
            return (int) at / SECTOR_BYTES;
        }

        @Override
        public void force() throws IOException {
            change();
            if (failsToForce.test(path)) {
                content.giveUp();
                throw new IOException("Input/output error");
            }
            content.force();
        }

        @Override
        public void truncate(long sizeBytes) {
            change();
            if (sizeBytes < content.live.length) {
                content.live = Arrays.copyOf(content.live, (int) sizeBytes);
            }
        }

        @Override
        public long size() {
            return content.live.length;
        }

        @Override
        public void close() {}
    }

    @Override
    public boolean exists(Path path) {
        return names.containsKey(path) || folders.contains(path);
    }

    @Override
    public long size(Path path) throws IOException {
        Content content = names.get(path);
        if (content == null) {
            throw new NoSuchFileException(path.toString());
        }
        return content.live.length;
    }

    @Override
    public List<String> list(Path folder) {
        return Stream.concat(names.keySet().stream(), folders.stream())
                .filter(path -> folder.equals(path.getParent()))
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Override
    public boolean isFolder(Path path) {
        return folders.contains(path);
    }

    @Override
    public void createFolders(Path folder) {
        folders.add(folder);
    }

    @Override
    public void rename(Path from, Path to) {
        rename(
                from.getParent(),
                map -> {
                    Content moved = map.remove(from);
                    if (moved != null) {
                        map.put(to, moved);
                    }
                });
    }

    @Override
    public void delete(Path path) {
        rename(path.getParent(), map -> map.remove(path));
    }

    @Override
    public void forceFolder(Path folder) {
        change();
        List<Consumer<Map<Path, Content>>> changes = unforcedNames.remove(folder);
        if (changes != null) {
            changes.forEach(change -> change.accept(durableNames));
        }
    }

    @Override
    public Closeable tryLock(Path lockFile) {
        return () -> {};
    }
}
