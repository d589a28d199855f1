package dev.restbus.coordinator;

import dev.restbus.api.control.GroupView;
import dev.restbus.api.control.MetadataImage;
import dev.restbus.coordinator.group.GroupEvent;
import dev.restbus.coordinator.journal.Event;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What others see of the state. Written and watched on the coordinator's thread, read on any. */
final class PublishedViews implements JournaledState.Observer {

    private final ConcurrentNavigableMap<String, GroupView> groups = new ConcurrentSkipListMap<>();
    private final Watchers<MetadataImage> metadataWatchers = new Watchers<>();
    private final Watchers<GroupView> groupWatchers = new Watchers<>();
    private volatile MetadataImage metadata = MetadataImage.EMPTY;

    /** Groups with events that are not published yet. */
    private final Set<String> changedGroups = new TreeSet<>();

    /** The number of the last event of a broker or topic. */
    private long changedMetadata;

    MetadataImage metadata() {
        return metadata;
    }

    @Nullable GroupView group(String name) {
        return groups.get(name);
    }

    List<GroupView> groups() {
        return List.copyOf(groups.values());
    }

    Watchers<MetadataImage>.Registration metadataWatch(Consumer<MetadataImage> onChange) {
        return metadataWatchers.registration(onChange, () -> List.of(metadata));
    }

    Watchers<GroupView>.Registration groupWatch(Consumer<GroupView> onChange) {
        return groupWatchers.registration(onChange, this::groups);
    }

    @Override
    public void applied(Event event, long number) {
        if (event instanceof GroupEvent groupEvent) {
            changedGroups.add(groupEvent.group());
        } else {
            changedMetadata = number;
        }
    }

    @Override
    public void publish(CoordinatorState state) {
        if (changedMetadata > metadata.version()) {
            metadata = image(state, changedMetadata);
            metadataWatchers.tell(metadata);
        }
        changedGroups.forEach(group -> publish(state.groups().view(group)));
        changedGroups.clear();
    }

    private void publish(GroupView view) {
        if (view.deleted()) {
            groups.remove(view.group());
        } else {
            groups.put(view.group(), view);
        }
        groupWatchers.tell(view);
    }

    private static MetadataImage image(CoordinatorState state, long version) {
        return new MetadataImage(
                version,
                Collections.unmodifiableMap(new TreeMap<>(state.topics().topics())),
                Collections.unmodifiableMap(new TreeMap<>(state.brokers().brokers())));
    }
}
