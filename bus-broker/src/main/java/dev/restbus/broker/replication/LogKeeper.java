package dev.restbus.broker.replication;

import dev.restbus.api.BusException;
import dev.restbus.api.ProblemCode;
import dev.restbus.api.control.TopicPartition;
import dev.restbus.broker.log.PartitionLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the logs of a broker as their topics say: one thread gives each open log a round of upkeep
 * every second, then compacts one that is due and reads a bit of all again, to find damage. Logs
 * that were there at the start and that nobody asked for are opened bit by bit, since retention is
 * due in them as well. Close it before the partitions.
 */
public final class LogKeeper implements AutoCloseable {

    public static final long PERIOD_MS = 1_000;

    private static final System.Logger LOG = System.getLogger(LogKeeper.class.getName());
    private static final int OPENED_A_ROUND = 16;

    private final Partitions partitions;
    private final Scrubber scrubber;
    private final ScheduledExecutorService thread;

    /** Those found at the start; null before the first round. */
    private @Nullable Queue<TopicPartition> unopened;

    /** Whose turn it was to be compacted. */
    private int turn;

    private volatile boolean closing;

    /**
     * Begins at once.
     *
     * @param partitions to which the metadata was applied
     * @param scrubBytes about so much is read again in each period; 0 for nothing
     */
    public LogKeeper(Partitions partitions, long periodMs, long scrubBytes) {
        this.partitions = partitions;
        this.scrubber = new Scrubber(scrubBytes, System::nanoTime);
        this.thread =
                Executors.newSingleThreadScheduledExecutor(
                        task -> {
                            Thread keeper = new Thread(task, "log-keeper");
                            keeper.setDaemon(true);
                            return keeper;
                        });
        thread.scheduleWithFixedDelay(this::round, periodMs, periodMs, TimeUnit.MILLISECONDS);
    }

    /** How many offsets could not be read when they were looked at last. Thread-safe. */
    public long damagedRecords() {
        return scrubber.damagedRecords();
    }

    /** Waits for the log it is at, which is not interrupted. Idempotent. */
    @Override
    public void close() {
        closing = true;
        thread.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = thread.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void round() {
        boolean shortOfRoom = partitions.keepRoom();
        try {
            openSome();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "cannot open a log for its upkeep", e);
        }
        List<PartitionLeader> open = new ArrayList<>();
        partitions.forEachOpen(open::add);
        for (PartitionLeader leader : open) {
            upkeep(leader, log -> leader.keepProducers());
            upkeep(leader, log -> log.keep(leader.upkeepEnd()));
        }
        if (!shortOfRoom) {
            // It writes before it deletes.
            compactOne(open);
        }
        scrub(open);
    }

    private void scrub(List<PartitionLeader> open) {
        try {
            scrubber.round(open, () -> closing);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "reading logs again failed", e);
        }
    }

    /** The next one in turn that is due; the others wait, so that retention does not. */
    private void compactOne(List<PartitionLeader> open) {
        boolean[] done = new boolean[1];
        for (int i = 0; i < open.size() && !done[0]; i++) {
            turn = (turn + 1) % open.size();
            PartitionLeader leader = open.get(turn);
            long end = leader.upkeepEnd();
            upkeep(leader, log -> done[0] = log.clean(end, () -> closing));
        }
    }

    private void openSome() {
        Queue<TopicPartition> left = unopened;
        if (left == null) {
            left = new ArrayDeque<>(partitions.present());
            unopened = left;
        }
        for (int i = 0; i < OPENED_A_ROUND && !left.isEmpty() && !closing; i++) {
            TopicPartition next = left.remove();
            if (partitions.topic(next.topic()) != null) {
                partitions.leader(next.topic(), next.partition());
            }
        }
    }

    private void upkeep(PartitionLeader leader, Consumer<PartitionLog> work) {
        if (closing) {
            return;
        }
        try {
            work.accept(leader.log());
        } catch (BusException e) {
            // Closed or deleted meanwhile, or stopped after a disk error, which was told before.
            if (e.problem().code() == ProblemCode.DISK_FULL) {
                LOG.log(System.Logger.Level.WARNING, "no upkeep of {0}: {1}", leader.name(), e);
            }
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the upkeep of " + leader.name() + " failed", e);
        }
    }
}
