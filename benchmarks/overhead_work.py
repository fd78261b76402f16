"""What `engine_overhead` lets both sides do."""

STORY = "What are the numbers from one to thirty in words?"
REVIEWS, CALL, PHOTOS, SALES = "reviews-40.csv", "order.ogg", "photos", "sales.csv"
LABELS = ["praise", "complaint", "question"]
