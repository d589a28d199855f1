package dev.restbus.broker.log;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Forces the logs of one disk from one thread, in rounds: a round forces every log that was asked
 * for since the last one, once, however many writers wait for it. Thread-safe.
 *
 * <p>A log is in the set from {@link #request} until just before it is forced, so a write that was
 * made before the request is covered either by that force or by the next one.
 *
 * <p>With a write-ahead log a round needs one force, however many logs are in it, as long as what
 * they wrote is small.
 */
public final class GroupCommit implements AutoCloseable {

    /** Who wants a log forced. Equal only to itself. */
    public interface Member {

        PartitionLog log();

        /** Called by the commit thread before each force, to write what was kept back for it. */
        default void beforeForce() {}

        /**
         * Called by the commit thread after each force.
         *
         * @param durableEnd every record below is forced
         */
        void onForced(long durableEnd);

        /** Called by the commit thread if the force failed; it will never succeed again. */
        void onForceFailed(BusException failure);
    }

    private static final System.Logger LOG = System.getLogger(GroupCommit.class.getName());

    /**
     * How long a write that nobody waits for may stay unforced. It spares the disk, and the
     * processor that answers, most of the rounds that no one would notice.
     */
    private static final long UNAWAITED_NANOS = 20_000_000;

    private final Set<Member> dirty = ConcurrentHashMap.newKeySet();
    private final Thread thread;

    private final @Nullable WriteAheadLog writeAhead;

    /** Of the thread: who is served in this round, and of these who shares a force and who not. */
    private final List<Member> round = new ArrayList<>();

    private final List<Member> together = new ArrayList<>();
    private final List<Member> alone = new ArrayList<>();

    /** Set by the thread before it looks for work the last time and parks. */
    private volatile boolean waiting;

    /** Somebody waits for a member that is in the set; cleared before a round takes the set. */
    private volatile boolean awaited;

    private volatile boolean closing;

    /** Set by the thread when it will not look for work again but once. */
    private volatile boolean ended;

    /**
     * Forces each log by itself.
     *
     * @param name of the thread
     */
    public GroupCommit(String name) {
        this(name, (WriteAheadLog) null);
    }

    /**
     * Forces the small rounds of a folder's logs together, by its write-ahead log. Ends before the
     * folder is closed.
     *
     * @param name of the thread
     */
    public GroupCommit(String name, LogDirectory directory) {
        this(name, directory.writeAhead());
    }

    private GroupCommit(String name, @Nullable WriteAheadLog writeAhead) {
        this.writeAhead = writeAhead;
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Has the member's log forced, and tells it. Does not block.
     *
     * @param awaitedNow whether somebody waits for it: in the next round, else within milliseconds
     * @throws BusException 503 {@code shutting-down} after {@link #close()}
     */
    public void request(Member member, boolean awaitedNow) {
        if (!ended) {
            boolean added = dirty.add(member);
            if (awaitedNow && !awaited) {
                awaited = true;
                LockSupport.unpark(thread);
            } else if (added && waiting) {
                LockSupport.unpark(thread);
            }
            if (!ended || !dirty.remove(member)) {
                return;
            }
        }
        throw ProblemCode.SHUTTING_DOWN.exception("the logs are being closed");
    }

    /** Forces what was asked for, tells the members and ends the thread. Idempotent. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing || !dirty.isEmpty()) {
            awaitWork();
            commitRound();
        }
        ended = true;
        commitRound();
    }

    private void awaitWork() {
        waiting = true;
        while (dirty.isEmpty() && !closing) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                LOG.log(System.Logger.Level.DEBUG, "interrupts do not end the group commit");
            }
        }
        waiting = false;
        long began = System.nanoTime();
        long left = UNAWAITED_NANOS;
        while (left > 0 && !awaited && !closing) {
            LockSupport.parkNanos(this, left);
            left = UNAWAITED_NANOS - (System.nanoTime() - began);
        }
    }

    /** Those who ask again meanwhile wait for the next round. */
    private void commitRound() {
        awaited = false;
        round.addAll(dirty);
        if (writeAhead != null) {
            commitTogether(writeAhead);
        }
        for (Member member : round) {
            dirty.remove(member);
            guarded(() -> commit(member));
        }
        round.clear();
    }

    /** What is left in the round after this must be forced log by log. */
    private void commitTogether(WriteAheadLog log) {
        log.begin();
        for (Member member : round) {
            dirty.remove(member);
            guarded(member::beforeForce);
            boolean taken = member.log() instanceof WriteAheadLog.Member file && log.add(file);
            (taken ? together : alone).add(member);
        }
        round.clear();
        round.addAll(alone);
        if (log.commit()) {
            for (Member member : together) {
                guarded(() -> member.onForced(member.log().durableEnd()));
            }
        } else {
            round.addAll(together);
        }
        together.clear();
        alone.clear();
    }

    /** Whatever one member does, the thread goes on for the others. */
    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a member of the group commit failed", e);
        }
    }

    private static void commit(Member member) {
        member.beforeForce();
        long durableEnd = force(member);
        if (durableEnd >= 0) {
            member.onForced(durableEnd);
        }
    }

    /** The durable end, or -1 after the member was told that there is none. */
    private static long force(Member member) {
        try {
            return member.log().force();
        } catch (BusException e) {
            member.onForceFailed(e);
        } catch (RuntimeException | Error e) {
            member.onForceFailed(ProblemCode.INTERNAL.exception("the force failed: " + e));
            throw e;
        }
        return -1;
    }
}
