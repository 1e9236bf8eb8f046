"""A building on the other end of the wire: meters, relay boards, lanes and their faults.

Real Modbus servers and real MQTT clients, independent of the rest of the product: they drive the
demo site, and the tests talk to them as to the devices they stand for.
"""
