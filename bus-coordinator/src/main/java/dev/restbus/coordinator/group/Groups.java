package dev.restbus.coordinator.group;

import dev.restbus.api.control.GroupView;
import dev.restbus.coordinator.group.GroupEvent.GroupDeleted;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every group by name; {@link #apply} is the only mutator. Not thread-safe. */
public final class Groups {

    private final SortedMap<String, GroupState> groups = new TreeMap<>();

    /**
     * The last epoch of each deleted group, so that a new group of that name goes on from there:
     * committed offsets may still be fenced by the old one's epochs.
     */
    private final SortedMap<String, Long> deletedEpochs = new TreeMap<>();

    /** What watchers and callers see of the group; of one that is not there, its end. */
    public GroupView view(String group) {
        GroupState state = groups.get(group);
        return state == null ? orNew(group).view(true) : state.view(false);
    }

    /** Every group by name. */
    public List<GroupView> views() {
        List<GroupView> views = new ArrayList<>();
        groups.values().forEach(state -> views.add(state.view(false)));
        return views;
    }

    public void apply(GroupEvent event) {
        GroupState state = orNew(event.group());
        if (event instanceof GroupDeleted) {
            groups.remove(event.group());
            deletedEpochs.put(event.group(), state.groupEpoch());
        } else {
            groups.put(event.group(), state.after(event));
            deletedEpochs.remove(event.group());
        }
    }

    @Nullable GroupState find(String group) {
        return groups.get(group);
    }

    /** The group, or the empty one that its first event would begin. */
    GroupState orNew(String group) {
        GroupState state = groups.get(group);
        return state == null
                ? GroupState.empty(group, deletedEpochs.getOrDefault(group, 0L))
                : state;
    }

    List<GroupState> all() {
        return List.copyOf(groups.values());
    }

    /** Equal where every group, member and epoch is. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Groups that
                && groups.equals(that.groups)
                && deletedEpochs.equals(that.deletedEpochs);
    }

    @Override
    public int hashCode() {
        return groups.hashCode();
    }

    @Override
    public String toString() {
        return groups + " deleted " + deletedEpochs;
    }
}
