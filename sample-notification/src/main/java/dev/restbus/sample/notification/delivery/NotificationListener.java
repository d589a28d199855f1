package dev.restbus.sample.notification.delivery;

import dev.restbus.client.BusRecord;
import dev.restbus.client.spring.BusListener;
import dev.restbus.client.spring.BusListeners;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/** Takes notifications from the bus, so many a second and no more. */
@Component
public class NotificationListener {

    public static final String TOPIC = "notifications";
    public static final String GROUP = "notification";

    private static final String ID = "notifications";

    private final DeliveryDesk desk;
    private final ObjectProvider<BusListeners> listeners;

    NotificationListener(DeliveryDesk desk, ObjectProvider<BusListeners> listeners) {
        this.desk = desk;
        this.listeners = listeners;
    }

    @BusListener(
            id = ID,
            topics = TOPIC,
            group = GROUP,
            ratePerSecond = "${sample.per-second}",
            sessionTimeout = "10s")
    void onNotification(Notification notification, BusRecord record) {
        desk.deliver(notification, record);
    }

    public boolean isListening() {
        return listeners.getObject().get(ID).isRunning();
    }

    /** Takes a break, or goes on where it was. */
    void listen(boolean on) {
        if (on) {
            listeners.getObject().get(ID).start();
        } else {
            listeners.getObject().get(ID).stop();
        }
    }
}
