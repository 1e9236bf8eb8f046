"""What happens when a reading, a payment, a car or a decision comes in.

Operations know the rules of `core` and the abilities of `ports`; they return facts, which the shell
turns into events, repairs and notifications.
"""
