package dev.restbus.broker.group;

import dev.restbus.api.control.GroupView;
import dev.restbus.broker.offsets.Futures;
import dev.restbus.broker.offsets.OffsetEntry;
import dev.restbus.broker.offsets.OffsetKey;
import dev.restbus.broker.offsets.OffsetStore;
import dev.restbus.broker.offsets.OffsetsPartition;
import dev.restbus.broker.offsets.OffsetsPartition.Draft;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Forgets what groups without members committed, once both the last change of the group and the
 * commit are older than the retention (KIP-211); never while a group has members. The group itself
 * stays, with its retry policy. One sweep at a time.
 */
final class OffsetExpiry {

    private static final System.Logger LOGGER = System.getLogger(OffsetExpiry.class.getName());

    private static final long SWEEP_NANOS = 3_600_000_000_000L;

    private final GroupServices services;
    private final long retentionMs;

    /**
     * Groups that the sweep before found without members. A wall clock that is set ahead does not
     * cost a group that was just left its place before somebody can set it right.
     */
    private Set<String> emptyBefore = Set.of();

    OffsetExpiry(GroupServices services, long retentionMs) {
        this.services = services;
        this.retentionMs = retentionMs;
    }

    /** Sweeps every hour until {@code closed}. */
    void run(BooleanSupplier closed) {
        services.clock()
                .schedule(
                        services.clock().nanos() + SWEEP_NANOS,
                        () -> {
                            if (!closed.getAsBoolean()) {
                                services.workers().execute(this::sweep);
                                run(closed);
                            }
                        });
    }

    private synchronized void sweep() {
        if (services.partitions().topic(OffsetStore.TOPIC) == null) {
            return;
        }
        Set<String> empty = new TreeSet<>();
        for (GroupView view : services.channel().groups()) {
            if (view.members().isEmpty()) {
                empty.add(view.group());
                if (emptyBefore.contains(view.group()) && isOld(changedMs(view))) {
                    expire(view.group());
                }
            }
        }
        emptyBefore = empty;
    }

    private boolean isOld(long atMs) {
        return services.clock().nowMs() - atMs >= retentionMs;
    }

    private static long changedMs(GroupView view) {
        List<GroupView.Rebalance> rebalances = view.rebalances();
        return rebalances.isEmpty() ? 0 : rebalances.get(rebalances.size() - 1).atMs();
    }

    private void expire(String group) {
        services.offsets()
                .open(group)
                .thenCompose(offsets -> expire(offsets, group))
                .whenComplete(
                        (count, failure) -> {
                            if (failure != null) {
                                LOGGER.log(
                                        System.Logger.Level.WARNING,
                                        "the offsets of group " + group + " cannot expire",
                                        Futures.cause(failure));
                            } else if (count > 0) {
                                LOGGER.log(
                                        System.Logger.Level.INFO,
                                        "{0} offsets of group {1} expired: it had no members",
                                        count,
                                        group);
                            }
                        });
    }

    private CompletableFuture<Integer> expire(OffsetsPartition offsets, String group) {
        return offsets.update(draft -> expire(draft, group)).whenDurable();
    }

    private int expire(Draft draft, String group) {
        // Asked under the lock of the offsets, as in Ownership.
        GroupView view = services.channel().group(group);
        if (view != null && !view.members().isEmpty()) {
            return 0;
        }
        Map<OffsetKey, OffsetEntry> old = new HashMap<>(draft.entries(group));
        old.values().removeIf(entry -> !isOld(entry));
        old.keySet().forEach(draft::remove);
        return old.size();
    }

    private boolean isOld(OffsetEntry entry) {
        OffsetEntry.@Nullable Committed committed = entry.committed();
        return entry.move() == null && (committed == null || isOld(committed.atMs()));
    }
}
