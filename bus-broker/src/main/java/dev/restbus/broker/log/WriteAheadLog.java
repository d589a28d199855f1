package dev.restbus.broker.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Makes the small appends of many logs durable with one force: a round writes, into one file, what
 * each log has at its end and has not forced. Forcing every log's own file instead costs a force a
 * log. The idea is that of a database's write-ahead log and of BookKeeper's journal; here the logs
 * are written as well, at once, and only their force is put off.
 *
 * <p>Two files are filled in turn. When one is full, the logs that it speaks of are forced in the
 * background; after that it is overwritten from its start, which spares the file system the
 * allocation of blocks. While both are full, and for rounds that are too large, logs are forced
 * directly. {@link WriteAheadReplay} gives the logs back what they lost.
 *
 * <p>A truncation of a log below its durable end, which nothing does yet, would have to be written
 * here too.
 *
 * <p>One thread commits. The first error of the disk, other than that it is full, ends its use: the
 * logs are forced, and from then on directly.
 */
final class WriteAheadLog implements Closeable {

    /** What a log has to make durable. */
    interface Member {

        LogId id();

        /**
         * Copies the whole batches behind the durable end into {@code into}.
         *
         * @return where they end; null if only a force of the log itself makes them durable
         */
        @Nullable Tail copyTail(byte[] into, int at);

        /** What ends there is durable now. */
        void durableThrough(Tail tail);

        /**
         * Forces the log's own files through its durable end, unless it is closed or has stopped.
         *
         * @return whether they are forced
         * @throws dev.restbus.api.BusException if the force failed; the log has stopped
         */
        boolean checkpoint();

        /** Whether the log's own files are forced through its durable end. */
        boolean isCheckpointed();
    }

    /**
     * The end of what was copied.
     *
     * @param length bytes copied, from 0
     */
    record Tail(LogEnds.End end, int length) {}

    private static final System.Logger LOG = System.getLogger(WriteAheadLog.class.getName());
    private static final int FILES = 2;

    private final Disk disk;
    private final Path folder;
    private final int fileBytes;
    private final Executor background;
    private final WriteAheadRound round = new WriteAheadRound();
    private final @Nullable DurableFile[] files = new DurableFile[FILES];

    /** Of each file: the logs it speaks of that may not be forced; empty when it may be reused. */
    private final List<Set<Member>> unforced = List.of(new HashSet<>(), new HashSet<>());

    /** Of each file: whether the background still forces what it speaks of. */
    private final boolean[] draining = new boolean[FILES];

    private int current;
    private long position;
    private long rounds;

    /** Set where the disk failed: what is in the files is left for the next start. */
    private boolean ended;

    /**
     * @param fileBytes a file is full before a round would make it larger
     * @param background forces what a full file speaks of
     */
    WriteAheadLog(Disk disk, Path folder, int fileBytes, Executor background) {
        this.disk = disk;
        this.folder = folder;
        this.fileBytes = fileBytes;
        this.background = background;
    }

    static Path file(Path folder, int number) {
        return folder.resolve("write-ahead-" + number);
    }

    static List<Path> files(Path folder) {
        return List.of(file(folder, 0), file(folder, 1));
    }

    /** Begins a round without entries. */
    void begin() {
        round.begin();
    }

    /** Takes what the log has to make durable into the round; false if it must be forced itself. */
    boolean add(Member member) {
        return !isEnded() && round.add(member);
    }

    /**
     * Makes the round durable and tells the logs in it.
     *
     * @return false if it could not: each of its logs must be forced itself
     */
    boolean commit() {
        if (!round.isEmpty() && !write()) {
            return false;
        }
        round.tell();
        return true;
    }

    private boolean write() {
        try {
            if (!hasRoom()) {
                return false;
            }
            open(current).write(position, round.seal(rounds), round.sizeBytes());
        } catch (IOException | RuntimeException e) {
            // The thread must live: it forces for everyone, if need be log by log.
            if (!(e instanceof IOException failure && Disk.isFull(failure))) {
                LOG.log(System.Logger.Level.ERROR, "the write-ahead log ends; logs are forced", e);
                end();
            }
            return false;
        }
        position += round.sizeBytes();
        rounds++;
        round.remember();
        synchronized (this) {
            unforced.get(current).addAll(round.members());
        }
        return true;
    }

    private DurableFile open(int number) throws IOException {
        DurableFile file = files[number];
        if (file == null) {
            file = disk.openDurable(file(folder, number));
            files[number] = file;
            disk.forceFolder(folder);
        }
        return file;
    }

    private synchronized boolean hasRoom() {
        if (position + round.sizeBytes() <= fileBytes) {
            return true;
        }
        int next = (current + 1) % FILES;
        if (draining[next]) {
            return false;
        }
        drain(current);
        current = next;
        position = 0;
        return true;
    }

    private void drain(int number) {
        draining[number] = true;
        List<Member> all = List.copyOf(unforced.get(number));
        background.execute(() -> forceAll(number, all));
    }

    private void forceAll(int number, List<Member> all) {
        boolean forced = true;
        for (Member member : all) {
            forced &= isForced(member);
        }
        synchronized (this) {
            if (forced) {
                unforced.get(number).clear();
                draining[number] = false;
            } else {
                ended = true;
            }
        }
    }

    /** After a failed force nobody knows what is in the file, so the logs are forced instead. */
    private void end() {
        Set<Member> all = new HashSet<>();
        synchronized (this) {
            ended = true;
            unforced.forEach(all::addAll);
        }
        all.forEach(WriteAheadLog::isForced);
    }

    private static boolean isForced(Member member) {
        try {
            return member.checkpoint();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, member.id() + " could not be forced", e);
            return false;
        }
    }

    private synchronized boolean isEnded() {
        return ended;
    }

    /**
     * Closes the files, and removes them if every log they speak of is forced: all must be closed.
     * Nobody commits any more.
     */
    @Override
    public void close() throws IOException {
        boolean needed = isEnded();
        for (DurableFile file : files) {
            if (file != null) {
                file.close();
            }
        }
        for (Set<Member> logs : unforced) {
            for (Member log : logs) {
                needed |= !log.isCheckpointed();
            }
        }
        if (!needed) {
            WriteAheadReplay.delete(disk, folder);
        }
    }
}
